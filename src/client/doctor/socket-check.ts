import { lstatSync, Stats } from 'node:fs'
import type { SocketConfiguration } from '../../configuration/configuration.ts'
import { failure, errorFinding, type Finding, ok, warning } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { requireDirectoryOf } from '../../files/file-access.ts'
import { findGroupId, findUser, groupName, userName } from './name-service.ts'
import {
  admits,
  permission,
  type Permissions,
  type Principal,
  type Step,
  stepsTo,
} from './reach.ts'

/** What of a [[socket]] or [[outbox]] says who reaches it. */
export type ReachedSocket = Pick<SocketConfiguration, 'path' | 'mode' | 'group' | 'allow'>

/** Somebody who is meant to reach a socket, with their name. */
interface Peer {
  name: string
  principal: Principal
}

/**
 * Checks that a token socket, or that of an outbox, exists, is as configured, and can be reached by those it is for.
 * Without a daemon, whose uid is undefined then, there is none: only the directories are checked, for
 * the mode and group that it will have.
 */
export async function checkSocket(
  socket: ReachedSocket,
  daemonUid: number | undefined,
): Promise<Finding[]> {
  const { path } = socket
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false }) ?? (await permissionsToCome(socket))
    const isThere = stats instanceof Stats
    if (isThere && !stats.isSocket()) {
      const text = `${path}: something else is there`
      return [failure('socket', 'config_invalid', text, 'move it away')]
    }
    const found = isThere
      ? await differencesOf(socket, stats, daemonUid)
      : [absent(path, daemonUid !== undefined)]
    // Of a group that is not its own yet the mode says nothing.
    const isOfOthers = isThere && found.some(({ level }) => level === 'failure')
    // Only the daemon's user sees the directory as the daemon does; without a daemon, root may not
    // be that user.
    if (stats.uid === process.geteuid?.() && (isThere || stats.uid !== 0)) {
      found.push(...unsafeDirectory(path))
    }
    const peers = await peersOf(socket, stats)
    const steps = stepsTo(path)
    const { uid, gid, mode } = stats
    const seen = { uid, gid, mode: isOfOthers ? 0o666 : mode }
    found.push(...peers.flatMap((peer) => barrierTo(path, seen, steps, peer) ?? []))
    return found.length > 0 ? found : [await soundSocket(socket, stats, peers)]
  } catch (error) {
    return [unreachable(path, error)]
  }
}

/**
 * In such a directory somebody else could replace the socket: the daemon refuses to start with it.
 */
function unsafeDirectory(path: string): Finding[] {
  try {
    requireDirectoryOf({ path, kind: 'socket' })
    return []
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [errorFinding('socket', error)]
  }
}

async function permissionsToCome({ mode, group }: ReachedSocket): Promise<Permissions> {
  const gid = group === undefined ? undefined : await findGroupId(group)
  return { uid: process.getuid?.() ?? 0, gid: gid ?? process.getgid?.() ?? 0, mode }
}

function absent(path: string, isServing: boolean): Finding {
  return isServing
    ? failure(
        'socket',
        'daemon_unreachable',
        `${path}: is not there`,
        'somebody has removed it: restart cms-oauthd',
      )
    : warning('socket', `${path}: is not there without a daemon`, 'start the daemon')
}

async function soundSocket(
  { path, allow }: ReachedSocket,
  { uid, gid, mode }: Permissions,
  peers: readonly Peer[],
): Promise<Finding> {
  const owner = await userName(uid)
  const rights = `mode ${octal(mode)}, ${owner}:${await groupName(gid)}`
  const names = peers.map(({ name }) => name)
  const who = allow === undefined ? [`user "${owner}"`, ...names] : names
  const only = allow === undefined ? '' : ', whom "allow" lists'
  return ok('socket', `${path}: ${rights}; reached by ${who.join(', ')}${only}`)
}

function unreachable(path: string, error: unknown): Finding {
  const { code, path: at = path } = error as NodeJS.ErrnoException
  return code === 'ENOENT'
    ? warning('socket', `${path}: "${at}" is not there`, 'the daemon makes it at its start')
    : failure(
        'socket',
        'not_permitted',
        `${path}: you may not look there: ${withErrnoWords(code)}`,
        'run doctor as the user of cms-oauthd, or as one that mail programs run as',
      )
}

const unitHint =
  'run "cms-oauth reload"; where systemd made the socket, SocketMode= and SocketGroup= of its unit count'

/** Of a socket that systemd made for the daemon its unit says the mode. */
async function differencesOf(
  { path, mode, group }: ReachedSocket,
  stats: Permissions,
  daemonUid: number | undefined,
): Promise<Finding[]> {
  const found: Finding[] = []
  const isOfUnit = daemonUid !== undefined && stats.uid !== daemonUid
  if (!isOfUnit && octal(stats.mode) !== octal(mode)) {
    const text = `${path}: mode ${octal(stats.mode)}, but ${octal(mode)} is configured`
    found.push(warning('socket', text, unitHint))
  }
  if (group === undefined) return found
  const gid = await findGroupId(group)
  if (gid === undefined) {
    const text = `${path}: there is no group "${group}"`
    found.push(failure('socket', 'config_invalid', text, 'correct its group in the configuration'))
  } else if (gid !== stats.gid) {
    const text = `${path}: belongs to the group "${await groupName(stats.gid)}", but "${group}" is configured`
    found.push(failure('socket', 'not_permitted', text, unitHint))
  }
  return found
}

/** Those whom "allow" lists, else those whom the mode lets in. */
async function peersOf(socket: ReachedSocket, stats: Permissions): Promise<Peer[]> {
  const { allow, group } = socket
  // Members of a group that "allow" lists must be in the socket's group too, which cannot be seen
  // from here.
  if (allow !== undefined) return guestsByName(allow.users, allow.groups, [stats.gid])
  const isForGroup = group !== undefined || (stats.mode & 0o060) === 0o060
  const peers = isForGroup ? await guestsByName([], [group ?? (await groupName(stats.gid))]) : []
  if ((stats.mode & 0o002) !== 0) peers.push({ name: 'everybody', principal: { gids: [] } })
  return peers
}

async function guestsByName(
  users: readonly string[],
  groups: readonly string[],
  besides: readonly number[] = [],
): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const name of users) {
    const principal = await findUser(name)
    if (principal !== undefined) peers.push({ name: `user "${name}"`, principal })
  }
  for (const name of groups) {
    const gid = await findGroupId(name)
    const gids = gid === undefined ? [] : [gid, ...besides]
    if (gids.length > 0) peers.push({ name: `group "${name}"`, principal: { gids } })
  }
  return peers
}

function barrierTo(
  path: string,
  stats: Permissions,
  steps: readonly Step[],
  { name, principal }: Peer,
): Finding | undefined {
  const closed = steps.find(({ permissions }) => !admits(permissions, principal, permission.search))
  if (closed !== undefined) {
    const rights = `mode ${octal(closed.permissions.mode)}`
    const whose = principal.gids.includes(closed.permissions.gid) ? 'g' : 'o'
    return failure(
      'socket',
      'not_permitted',
      `${path}: ${name} may not search the directory "${closed.path}" (${rights})`,
      `run "chmod ${whose}+x ${closed.path}", unless an ACL lets them in; or give it a path elsewhere, like one in /run/cms-oauth/`,
    )
  }
  if (admits(stats, principal, permission.write)) return undefined
  return failure(
    'socket',
    'not_permitted',
    `${path}: ${name} may not write to it (mode ${octal(stats.mode)})`,
    'set mode = "0660" and the group of those who need it in the configuration, or "0666" for an [[outbox]] with "allow"',
  )
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0')
}
