/** Checks that the user of this process can create a file, or a socket, where it is configured. */
import { accessSync, constants, lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { failure, type Finding } from '../../configuration/finding.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { type PlacedFile, requireDirectoryOf } from '../../files/file-access.ts'
import { requireSafeDirectory } from '../../files/safe-directory.ts'
import { userNameOf } from '../../kernel/user-database.ts'
import { attempt } from './attempt.ts'

/** A file whose directory the daemon creates where it is missing. */
export function inMadeDirectory(subject: string, file: PlacedFile): Finding[] {
  if (isHandedOver(file)) return []
  let directory = dirname(file.path)
  while (statOf(directory) === 'ENOENT') directory = dirname(directory)
  if (isOfService(directory)) return []
  return [...directoryFindings(subject, file, directory), ...kindFindings(subject, file)]
}

/** A file whose directory must exist. */
export function inExistingDirectory(subject: string, file: PlacedFile): Finding[] {
  const { path } = file
  const directory = dirname(path)
  if (statOf(directory) === 'ENOENT') {
    const text = `${path}: the directory "${directory}" is not there`
    const hint = `make it, and give those who read the file search permission on it: "install -d -m 0755 ${directory}"`
    return [failure(subject, 'config_invalid', text, hint)]
  }
  return [...directoryFindings(subject, file, directory), ...kindFindings(subject, file)]
}

/** True if there is nothing by that name, or what is to be there. */
function isFitting({ path, kind }: PlacedFile): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats === undefined || (kind === 'socket' ? stats.isSocket() : stats.isFile())
}

/** A socket of another owner was made by systemd, which passes it: nothing is made in its place. */
function isHandedOver({ path, kind }: PlacedFile): boolean {
  try {
    const stats = kind === 'socket' ? lstatSync(path, { throwIfNoEntry: false }) : undefined
    return stats?.isSocket() === true && stats.uid !== process.geteuid?.()
  } catch {
    return false
  }
}

/**
 * A directory that systemd made for the user of a service (RuntimeDirectory=): root, who checks a configuration
 * with the variables of the client, is not that user, and makes nothing there.
 */
function isOfService(directory: string): boolean {
  if (process.geteuid?.() !== 0) return false
  if (!directory.startsWith('/run/') || directory.startsWith('/run/user/')) return false
  return lstatSync(directory, { throwIfNoEntry: false })?.uid !== 0
}

function kindFindings(subject: string, file: PlacedFile): Finding[] {
  try {
    if (isFitting(file)) return []
    const text = `${file.path}: something else is there`
    return [failure(subject, 'config_invalid', text, 'move it away, or choose another path')]
  } catch {
    // The directory has been reported already.
    return []
  }
}

/** The error code of a directory that cannot be checked; undefined if it can. */
function statOf(directory: string): string | undefined {
  try {
    return statSync(directory).isDirectory() ? undefined : 'ENOTDIR'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** `directory` is that of the file, or the one in which it is to be made. */
function directoryFindings(subject: string, file: PlacedFile, directory: string): Finding[] {
  const { path } = file
  const unsafe = attempt(subject, () => {
    if (directory === dirname(path)) requireDirectoryOf(file)
    else requireSafeDirectory(directory)
  })
  if (unsafe.length > 0) return unsafe
  try {
    if (statOf(directory) === 'ENOTDIR') throw Object.assign(new Error(), { code: 'ENOTDIR' })
    accessSync(directory, constants.W_OK | constants.X_OK)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const us = userNameOf(process.geteuid?.() ?? 0)
    const text = `${path}: the user "${us}" may not write the directory "${directory}": ${withErrnoWords(code)}`
    const own =
      directory === '/run'
        ? 'set XDG_RUNTIME_DIR to a directory of that user, as a login does, but not su or cron'
        : 'give the directory to that user'
    const hint = `${own}, or choose another path; the check is about the user who runs it`
    return [failure(subject, 'config_invalid', text, hint)]
  }
}
