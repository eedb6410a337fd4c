/** `sent/ID` of a spool: the message is sent, and whoever has not heard that it was accepted may ask again. */
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { isDiskTrouble } from '../../files/system-error.ts'
import { removeQuietly } from '../../files/temporary-file.ts'
import { isOfSetClock } from '../../schedule/set-clock.ts'
import { sentPath } from '../../spool/spool-folders.ts'
import { isEntryId } from './entry-id.ts'

/**
 * The ids of what was sent in the last `lifetimeMs`; what is left of others is removed. What was sent before the
 * clock was set is kept for as long from now on. @throws NodeJS.ErrnoException
 */
export function sentIds(spool: string, lifetimeMs: number, nowMs = Date.now()): string[] {
  return nodeFs
    .readdirSync(join(spool, 'sent'))
    .filter(isEntryId)
    .filter((id) => isKept(sentPath(spool, id), lifetimeMs, nowMs))
}

function isKept(path: string, lifetimeMs: number, nowMs: number): boolean {
  const sentAt = nodeFs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs
  if (isOfSetClock(nowMs) && !isOfSetClock(sentAt)) {
    dateAnew(path, nowMs)
    return true
  }
  if (sentAt > nowMs - lifetimeMs) return true
  removeQuietly(path, nodeFs)
  return false
}

/** Where the disk refuses it, it is kept until it does not. */
function dateAnew(path: string, nowMs: number): void {
  try {
    nodeFs.lutimesSync(path, nowMs / 1_000, nowMs / 1_000)
  } catch (error) {
    if (!isDiskTrouble(error)) throw error
  }
}
