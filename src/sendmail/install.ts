import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sendmailMark } from '../command-line/sendmail-mark.ts'
import { shellWord } from '../command-line/shell-word.ts'
import { UsageError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { packageRoot } from '../package/root.ts'
import { programNames } from './program-names.ts'

/**
 * Writes a small script of each name into a directory, and gives their paths. With absolute paths in them, as
 * cron and PHP have a PATH without node. A link is replaced, not followed; a program of another package stays.
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
  return paths
}

/** What a wrapper holds. */
export function wrapperText(name: string): string {
  const program = shellWord(join(packageRoot, 'bin', 'cms-oauth.js'))
  return `#!/bin/sh
${sendmailMark}
unset NODE_OPTIONS NODE_DEBUG NODE_EXTRA_CA_CERTS LD_PRELOAD
exec ${shellWord(process.execPath)} ${program} ${name} "$@"
`
}

function isReplaceable(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.isSymbolicLink()) return true
  return stats.isFile() && readFileSync(path, 'latin1').includes(sendmailMark)
}

function write(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    chmodSync(temporary, 0o755)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`"${path}" cannot be written: ${withErrnoWords(code)}`, {
      hint: 'the directory must exist, and be yours to write',
    })
  }
}
