import { realpathSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { shellWord } from '../command-line/shell-word.ts'
import { InsecureFileModeError } from '../errors.ts'
import { hasAccessControlList } from '../kernel/access-control-list.ts'
import { userNameOf } from '../kernel/user-database.ts'
import { excessOf, type FileKind, fileRules } from './file-rules.ts'
import {
  makeSafeDirectory,
  requirePrivateDirectory,
  requireSafeDirectory,
} from './safe-directory.ts'
import { isTrusted, ownUserId } from './trusted-owner.ts'

/** A place for a file, and what the file is for. */
export interface PlacedFile {
  path: string
  kind: FileKind
}

/** A file, what it is for, and how it is spoken of. */
export interface NamedFile extends PlacedFile {
  /** Like `client secret`. */
  what: string
}

/** What is wrong with a file, and the command that fixes it. */
export interface Fault {
  message: string
  hint: string
}

/**
 * Why a file is not trusted: it belongs to somebody else, or is more open than its kind may be.
 * Undefined: it is as it must be for the user `us`.
 */
export function accessFault(
  { path, kind, what }: NamedFile,
  stats: Pick<Stats, 'uid' | 'mode'>,
  us = ownUserId(),
): Fault | undefined {
  const change = excessOf(stats, kind)
  const name = `the ${what} "${path}"`
  const chmod = change === undefined ? [] : [`chmod ${change} ${shellWord(path)}`]
  if (!isTrusted(stats.uid, us)) {
    const commands = [`chown ${shellWord(userNameOf(us))} ${shellWord(path)}`, ...chmod]
    const owner = userNameOf(stats.uid)
    // As by sudo: then the file is right, and whoever reads it is not.
    const before = us === 0 && kind === 'configuration' ? `do this as "${owner}", or ` : ''
    return {
      message: `${name} belongs to the user "${owner}"`,
      hint: `${before}check what is in it, then run "${commands.join(' && ')}"`,
    }
  }
  if (change === undefined) return undefined
  const verb = change === 'go-w' ? 'write' : 'open'
  return { message: `others may ${verb} ${name}`, hint: `run "${chmod[0]}"` }
}

/** Refuses a file with such a fault. @throws InsecureFileModeError */
export function requireFileAccess(file: NamedFile, stats: Pick<Stats, 'uid' | 'mode'>): void {
  const fault = accessFault(file, stats)
  if (fault !== undefined) throw new InsecureFileModeError(fault.message, { hint: fault.hint })
}

/** What is wrong with the thing by that name, as lstat(2) describes it, if it is not a file of its kind. */
export function typeFault(
  { path, kind, what }: NamedFile,
  stats: Pick<Stats, 'isFile' | 'isSymbolicLink'>,
): Fault | undefined {
  if (stats.isFile()) return undefined
  const name = `the ${what} "${path}"`
  if (!stats.isSymbolicLink()) {
    return {
      message: `${name} is not a regular file`,
      hint: 'name a file, not a directory or a pipe: it is read more than once',
    }
  }
  if (fileRules[kind].link !== 'refused') return undefined
  return { message: `${name} is a symbolic link, which is not followed`, hint: replaceLink(path) }
}

function replaceLink(path: string): string {
  try {
    const target = realpathSync(path)
    const words = `${shellWord(target)} ${shellWord(path)}`
    return `put a copy of the file in its place: run "cp --remove-destination ${words}"`
  } catch {
    return `what it points to is not there: run "rm ${shellWord(path)}"`
  }
}

/**
 * True where the user `us` can read a file of root or of its own, as far as the mode tells: which
 * group may read a file of root's is the administrator's choice.
 */
export function isReadableFor({ uid, mode }: Pick<Stats, 'uid' | 'mode'>, us: number): boolean {
  return us === 0 || (mode & (uid === us ? 0o400 : 0o044)) !== 0
}

/** The command that lets the user `us` read a file which is closed to it; undefined: none does. */
export function readCommand(
  path: string,
  { uid, mode }: Pick<Stats, 'uid' | 'mode'>,
  us = ownUserId(),
): string | undefined {
  const [file, user] = [shellWord(path), shellWord(userNameOf(us))]
  if (uid === us) return (mode & 0o400) === 0 ? `chmod u+r ${file}` : undefined
  // There the group's bits say nothing about the group.
  if (hasAccessControlList(path)) return `setfacl -m u:${user}:r ${file}`
  return `chgrp $(id -gn ${user}) ${file} && chmod g+r ${file}`
}

/**
 * Refuses the directory of a file where it is not as safe as the kind requires.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function requireDirectoryOf({ path, kind }: PlacedFile, us = ownUserId()): void {
  const directory = dirname(path)
  switch (fileRules[kind].directory) {
    case 'any':
      return
    case 'safe':
      return requireSafeDirectory(directory, us)
    case 'private':
      return requirePrivateDirectory(directory, us)
  }
}

/**
 * Makes the directories of a file that are missing, mode 0700, and refuses the result in the same way.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function makeDirectoryOf(file: PlacedFile): void {
  makeSafeDirectory(dirname(file.path))
  requireDirectoryOf(file)
}
