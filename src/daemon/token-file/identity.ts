import { lstatSync } from 'node:fs'

/** What stands for a file that is not there. */
export const absent = 'absent'

/** What tells one file, as it is, from another or from itself after a change; undefined: nobody can tell. */
export function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeMs, mode, uid, gid } = lstatSync(path)
    return [dev, ino, size, mtimeMs, mode, uid, gid].join(' ')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return ['ENOENT', 'ENOTDIR'].includes(code) ? absent : undefined
  }
}
