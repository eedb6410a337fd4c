import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isTrusted } from '../files/trusted-owner.ts'

const othersMayWrite = 0o002

/**
 * The user who may have put a socket at a path, if that is neither us nor root: who owns its directory, and
 * who owns the socket where everybody may put one. Whoever owns the directory of a path that somebody
 * named is who was meant. Undefined where nothing is there, too: connecting says that.
 */
export function strangerAt(path: string, isNamed: boolean): number | undefined {
  const socket = statOf(path)
  const directory = statOf(dirname(path))
  if (socket === undefined || directory === undefined) return undefined
  const isOpenToAll = (directory.mode & othersMayWrite) !== 0
  const makers = isOpenToAll ? [directory.uid, socket.uid] : isNamed ? [] : [directory.uid]
  return makers.find((uid) => !isTrusted(uid))
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
