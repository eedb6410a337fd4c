/**
 * Directories in which nobody but root and we can rename, replace or remove what is ours. What we make
 * or remove below one of them is found by its path again: no stranger has put a link in its place.
 */
import { lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { InsecureFileModeError } from '../errors.ts'
import { hasAccessControlList } from '../kernel/access-control-list.ts'
import { groupNameOf, userIdsIn, userNameOf } from '../kernel/user-database.ts'
import { isTrusted } from './require-owner.ts'

const writableByGroup = 0o020
const writableByAll = 0o002
const sticky = 0o1000
/** As the kernel's own (path_resolution(7)). */
const mostLinks = 40

/**
 * Refuses a directory that others may write, or could put another in the place of. Each one on the
 * way to it, and each one that holds a link on the way, must be root's or ours, and either closed to
 * others or sticky. A group that nobody else is in counts as closed.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function requireSafeDirectory(path: string): void {
  walk(path, requireClosed)
}

/**
 * Makes the directories that are missing, mode 0700, and refuses the result as requireSafeDirectory.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function makeSafeDirectory(path: string): void {
  try {
    requireSafeDirectory(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(path, { recursive: true, mode: 0o700 })
    requireSafeDirectory(path)
  }
}

/**
 * The same for a directory that is ours alone: itself it must not be writable for any group.
 * @throws InsecureFileModeError, NodeJS.ErrnoException
 */
export function requirePrivateDirectory(path: string): void {
  const { directory, stats } = walk(path, requireClosed)
  if ((stats.mode & (writableByGroup | writableByAll)) === 0) return
  if (stats.uid === 0 && isGuarded(stats)) return
  throw new InsecureFileModeError(`others may write the directory "${directory}"`, {
    hint: `run "chmod go-w ${directory}"`,
  })
}

/** Goes to a directory as the kernel does, and shows each one on the way to `look`. */
function walk(path: string, look: (directory: string, stats: Stats) => void) {
  const rest = namesIn(path)
  let directory = '/'
  let stats = lstatSync(directory)
  look(directory, stats)
  for (let links = 0, name; (name = rest.shift()) !== undefined;) {
    const next = name === '..' ? dirname(directory) : join(directory, name)
    const found = lstatSync(next)
    if (!found.isSymbolicLink()) {
      directory = next
      stats = found
      look(directory, stats)
      continue
    }
    requireTrustedLink(next, found)
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
function requireTrustedLink(path: string, { uid }: Stats): void {
  if (isTrusted(uid)) return
  throw new InsecureFileModeError(`"${path}" is a link of the user "${userNameOf(uid)}"`, {
    hint: 'it could point elsewhere at any time: use the path that it points to, or remove the link',
  })
}

function requireClosed(directory: string, stats: Stats): void {
  const { uid, mode } = stats
  if (!isTrusted(uid)) {
    throw new InsecureFileModeError(
      `the directory "${directory}" belongs to the user "${userNameOf(uid)}"`,
      {
        hint: `its owner could replace what is in it: run "chown root ${directory}", or choose a path below directories of root and of the user that cms-oauthd runs as`,
      },
    )
  }
  if (isGuarded(stats)) return
  if ((mode & writableByAll) !== 0) throw openTo('everybody', directory)
  if ((mode & writableByGroup) !== 0) requireOwnGroup(directory, stats)
}

/** Like Debian's ssh: the group of a user's own, with umask 002, lets nobody else in. */
function requireOwnGroup(directory: string, { gid }: Stats): void {
  if (hasAccessControlList(directory)) throw openTo('somebody in its ACL', directory)
  const stranger = userIdsIn(gid).find((uid) => !isTrusted(uid))
  if (stranger === undefined) return
  throw openTo(`the group "${groupNameOf(gid)}"`, directory)
}

function openTo(who: string, directory: string): InsecureFileModeError {
  return new InsecureFileModeError(`${who} may write the directory "${directory}"`, {
    hint: `run "chmod go-w ${directory}", or "chmod +t ${directory}" so that nobody can replace what another has made there`,
  })
}

/** Nobody but the owner of a file and the directory's can rename or remove it. */
function isGuarded({ mode }: Stats): boolean {
  return (mode & sticky) !== 0
}
