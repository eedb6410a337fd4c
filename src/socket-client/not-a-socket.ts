import { statSync } from 'node:fs'

/** What is at a path in place of a socket, in words; undefined where one is there, or nothing. */
export function notASocket(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined || found.isSocket()) return undefined
    return found.isDirectory() ? 'a directory' : found.isFile() ? 'a file' : 'a device or a pipe'
  } catch {
    // Connecting has told why.
    return undefined
  }
}
