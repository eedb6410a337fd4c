import * as nodeFs from 'node:fs'
import { lstatSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { olderSendmail, sendmailMark, usualSendmail } from '../command-line/sendmail-mark.ts'
import { UsageError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { removeQuietly, withTemporary, writeAll } from '../files/temporary-file.ts'
import { programNames } from './program-names.ts'
import { wrapperText } from './wrapper-text.ts'

/**
 * Writes a small script of each name into a directory, and gives their paths. With absolute paths in them, as
 * cron and PHP have a PATH without node. A link is replaced, not followed; a program of another package stays. With
 * /usr/sbin/sendmail goes the link in /usr/lib, which arpwatch and others call.
 * @throws UsageError
 */
export function installWrappers(directory: string): string[] {
  const paths = programNames.map((name) => resolve(directory, name))
  const others = paths.filter((path) => !isReplaceable(path))
  if (others.length > 0) {
    throw new UsageError(`"${others[0]}" belongs to another program`, {
      hint: 'install into /usr/local/sbin, which comes first in PATH, or move it away: on Debian by "dpkg-divert --rename"',
    })
  }
  for (const [index, path] of paths.entries()) write(path, wrapperText(programNames[index] ?? ''))
  if (!paths.includes(usualSendmail) || !isReplaceable(olderSendmail)) return paths
  link(olderSendmail)
  return [...paths, olderSendmail]
}

function isReplaceable(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.isSymbolicLink()) return true
  return stats.isFile() && readFileSync(path, 'latin1').includes(sendmailMark)
}

function write(path: string, text: string): void {
  const fill = (fd: number) => {
    nodeFs.fchmodSync(fd, 0o755)
    writeAll(fd, Buffer.from(text), nodeFs)
  }
  replace(path, (temporary) =>
    withTemporary(temporary, { fill, place: () => renameSync(temporary, path) }, nodeFs),
  )
}

function link(path: string): void {
  replace(path, (temporary) => {
    symlinkSync(relative(dirname(path), usualSendmail), temporary)
    try {
      renameSync(temporary, path)
    } catch (error) {
      removeQuietly(temporary, nodeFs)
      throw error
    }
  })
}

function replace(path: string, make: (temporary: string) => void): void {
  try {
    make(`${path}.${process.pid}.tmp`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`"${path}" cannot be written: ${withErrnoWords(code)}`, {
      hint: 'the directory must exist, and be yours to write',
    })
  }
}
