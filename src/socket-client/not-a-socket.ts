import { statSync } from 'node:fs'

/** That something else is at a path in place of a socket, in words; undefined where one is there, or nothing. */
export function notASocket(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined || found.isSocket()) return undefined
    const what = found.isDirectory()
      ? 'a directory'
      : found.isFile()
        ? 'a file'
        : 'a device or a pipe'
    return `"${path}" is ${what}, not a socket`
  } catch {
    // Connecting has told why.
    return undefined
  }
}
