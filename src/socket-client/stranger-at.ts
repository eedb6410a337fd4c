import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isTrusted } from '../files/trusted-owner.ts'

const othersMayWrite = 0o002

/**
 * The uid of a user, other than us and root, who may have put a socket at a path: the owner of its
 * directory and, where everybody may write there, the owner of the socket. Elsewhere, where somebody named
 * the path, the owner of the directory is who was meant. Undefined where there is no such user, or nothing
 * at the path: connecting says that.
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
