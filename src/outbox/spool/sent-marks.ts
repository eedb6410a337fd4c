/** `sent/ID` of a spool: the message is sent, and whoever has not heard that it was accepted may ask again. */
import * as nodeFs from 'node:fs'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { isDiskTrouble, isSystemError } from '../../files/system-error.ts'
import { removeQuietly } from '../../files/temporary-file.ts'
import { isOfSetClock } from '../../schedule/set-clock.ts'
import { sentPath } from '../../spool/spool-folders.ts'
import { mostIds } from '../queue/accepted-ids.ts'
import { isEntryId } from './entry-id.ts'

/** A monthly job comes back within it. */
const keptMs = 32 * 24 * 3_600_000

interface Limits {
  lifetimeMs?: number
  nowMs?: number
  most?: number
}

/**
 * The ids of what was sent in the last month, the oldest first; what is left of others, and of more than `most`, is
 * removed. What was sent before the clock was set, or while it was ahead, is kept for as long from now on.
 * @throws NodeJS.ErrnoException
 */
export function sentIds(
  spool: string,
  { lifetimeMs = keptMs, nowMs = Date.now(), most = mostMarks(spool) }: Limits = {},
): string[] {
  const ids = nodeFs.readdirSync(join(spool, 'sent')).filter(isEntryId).toSorted()
  const tooMany = ids.splice(0, Math.max(0, ids.length - most))
  for (const id of tooMany) removeQuietly(sentPath(spool, id), nodeFs)
  return ids.filter((id) => isKept(sentPath(spool, id), lifetimeMs, nowMs))
}

/** Each is a file: of those that a small file system can have they take a twentieth. */
function mostMarks(spool: string): number {
  const { files } = nodeFs.statfsSync(spool)
  // Some have no limit, and say 0.
  return files === 0 ? mostIds : Math.min(mostIds, Math.ceil(files / 20))
}

function isKept(path: string, lifetimeMs: number, nowMs: number): boolean {
  const stats = nodeFs.lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() === true && stats.size > 0) empty(path)
  const sentAt = stats?.mtimeMs ?? nowMs
  if (isOfSetClock(nowMs) && (!isOfSetClock(sentAt) || sentAt > nowMs)) {
    startLifetime(path, nowMs)
    return true
  }
  if (sentAt > nowMs - lifetimeMs) return true
  removeQuietly(path, nodeFs)
  return false
}

/**
 * Empties the marks that were just made of messages, one after the other, beside what this process does: a busy disk
 * takes milliseconds for each. What it refuses, or a kill keeps from it, `sentIds` empties.
 */
export async function emptyMarks(spool: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    try {
      await truncate(sentPath(spool, id))
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }
}

/** A power cut may come between the rename of a message that was sent and this. */
function empty(path: string): void {
  try {
    nodeFs.truncateSync(path)
  } catch (error) {
    if (!isDiskTrouble(error)) throw error
  }
}

/** Dates the mark now. Where the disk refuses that, it keeps its old date until it does not. */
function startLifetime(path: string, nowMs: number): void {
  try {
    nodeFs.lutimesSync(path, nowMs / 1_000, nowMs / 1_000)
  } catch (error) {
    if (!isDiskTrouble(error)) throw error
  }
}
