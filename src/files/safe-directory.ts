/**
 * Directories in which nobody but root and we can rename, replace or remove what is ours. What we make
 * or remove below one of them is found by its path again: no stranger has put a link in its place.
 */
import { lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { shellWord } from '../command-line/shell-word.ts'
import { InsecureFileModeError } from '../errors.ts'
import { hasAccessControlList } from '../kernel/access-control-list.ts'
import { groupNameOf, userIdsIn, userNameOf } from '../kernel/user-database.ts'
import { isTrusted, ownUserId } from './trusted-owner.ts'

const writableByGroup = 0o020
const writableByAll = 0o002
const sticky = 0o1000
/** As the kernel's own (path_resolution(7)). */
const mostLinks = 40

/**
 * Refuses a directory that others may write, or could put another in the place of. Each one on the
 * way to it, and each one that holds a link on the way, must be root's or ours, and either closed to
 * others or sticky. A group that nobody else is in counts as closed. `us` is whose daemon it is for.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function requireSafeDirectory(path: string, us = ownUserId()): void {
  walk(path, us)
}

/**
 * The same for a directory that is ours alone: itself it must not be writable for any group.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function requirePrivateDirectory(path: string, us = ownUserId()): void {
  const { directory, stats } = walk(path, us)
  if ((stats.mode & (writableByGroup | writableByAll)) === 0) return
  if (stats.uid === 0 && isGuarded(stats)) return
  throw new InsecureFileModeError(`others may write the directory "${directory}"`, {
    hint: `run "chmod go-w ${shellWord(directory)}"`,
  })
}

/**
 * Makes what is missing of a directory, one in the other and each in a safe one: where a stranger puts a link or a
 * directory of his at one of the names meanwhile, nothing is made in it. True: it was made.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function makeSafeDirectory(path: string, mode = 0o700, make = mkdirSync): boolean {
  const us = ownUserId()
  try {
    walk(path, us)
    return false
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  makeSafeDirectory(dirname(path), mode, make)
  const isMade = makeUnlessThere(path, mode, make)
  walk(path, us)
  return isMade
}

/** Does not follow a link at its name. */
function makeUnlessThere(path: string, mode: number, make: typeof mkdirSync): boolean {
  try {
    make(path, mode)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Goes to a directory as the kernel does, and refuses each one on the way that is open to others. */
function walk(path: string, us: number) {
  const rest = namesIn(path)
  let directory = '/'
  let stats = lstatSync(directory)
  requireClosed(directory, stats, us)
  for (let links = 0, name; (name = rest.shift()) !== undefined;) {
    const next = name === '..' ? dirname(directory) : join(directory, name)
    const found = lstatSync(next)
    if (!found.isSymbolicLink()) {
      directory = next
      stats = found
      requireClosed(directory, stats, us, rest.length > 0)
      continue
    }
    requireTrustedLink(next, found, us)
    if (++links > mostLinks) throw tooManyLinks(next)
    const target = readlinkSync(next)
    if (target.startsWith('/')) {
      directory = '/'
      stats = lstatSync(directory)
    }
    rest.unshift(...namesIn(target))
  }
  return { directory, stats }
}

function tooManyLinks(path: string): NodeJS.ErrnoException {
  const { ELOOP } = constants.errno
  return Object.assign(new Error('ELOOP'), { code: 'ELOOP', errno: -ELOOP, path })
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** In a sticky directory everybody can make one. */
function requireTrustedLink(path: string, { uid }: Stats, us: number): void {
  if (isTrusted(uid, us)) return
  throw new InsecureFileModeError(`"${path}" is a link of the user "${userNameOf(uid)}"`, {
    hint: 'it could point elsewhere at any time: use the path that it points to, or remove the link',
  })
}

function requireClosed(directory: string, stats: Stats, us: number, isAbove = true): void {
  const { uid, mode } = stats
  if (!isTrusted(uid, us)) {
    throw new InsecureFileModeError(
      `the directory "${directory}" belongs to the user "${userNameOf(uid)}"`,
      { hint: `its owner could replace what is in it: ${wayOut(directory, us, isAbove)}` },
    )
  }
  if (isGuarded(stats)) return
  if ((mode & writableByAll) !== 0) throw openTo('everybody', directory)
  if ((mode & writableByGroup) !== 0) requireOwnGroup(directory, stats, us)
}

/**
 * What is of another user stays his: his home is above what he has in it, and below /run are the directories of
 * sessions and services, where only a variable that was left from another user leads.
 */
function wayOut(directory: string, us: number, isAbove: boolean): string {
  const another = 'choose a path below directories of root and of the user that cms-oauthd runs as'
  if (directory.startsWith('/run/')) {
    return `unset XDG_RUNTIME_DIR or CMS_OAUTH_CONTROL where one is left from another user, or ${another}`
  }
  if (isAbove) return another
  return `run "chown ${shellWord(userNameOf(us))} ${shellWord(directory)}", or ${another}`
}

/** Like Debian's ssh: the group of a user's own, with umask 002, lets nobody else in. */
function requireOwnGroup(directory: string, { gid }: Stats, us: number): void {
  if (hasAccessControlList(directory)) throw openTo('somebody in its ACL', directory)
  const stranger = userIdsIn(gid).find((uid) => !isTrusted(uid, us))
  if (stranger === undefined) return
  throw openTo(`the group "${groupNameOf(gid)}"`, directory)
}

function openTo(who: string, directory: string): InsecureFileModeError {
  const word = shellWord(directory)
  return new InsecureFileModeError(`${who} may write the directory "${directory}"`, {
    hint: `run "chmod go-w ${word}", or "chmod +t ${word}" so that nobody can replace what another has made there`,
  })
}

/** Nobody but the owner of a file and the directory's can rename or remove it. */
function isGuarded({ mode }: Stats): boolean {
  return (mode & sticky) !== 0
}
