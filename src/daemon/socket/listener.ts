import { once } from 'node:events'
import { chmodSync, lchownSync, lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { dirname } from 'node:path'
import { isSocketPath, socketPathLimitBytes } from '../../configuration/socket-path.ts'
import { ConfigInvalidError, isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { makeDirectoryOf } from '../../files/file-access.ts'
import { isSystemError } from '../../files/system-error.ts'
import { backlog } from '../../kernel/backlog.ts'
import { closeOnExec } from '../../kernel/close-on-exec.ts'
import { findOwnership } from '../../kernel/ownership.ts'
import { type DirectoryAccess, directoryAccessOf, makeDirectoryAgain } from './directory-again.ts'
import { PrivateDirectory } from './private-directory.ts'
import { alone, findFree, requireFree } from './socket-place.ts'

/** Where a UNIX socket is to be, and whose. */
interface ListenerOptions {
  path: string
  mode: number
  owner?: string
  group?: string
  /** A listening descriptor that systemd passed: owner and mode are systemd's business then. */
  inheritedFd?: number
  /** What listens at the path already and is to go, so that there is no moment without a socket. */
  replaces?: Listener | undefined
}

/** A socket that is bound where nobody can reach it. */
export interface PreparedListener {
  /** Gives it its public name, by which it is served at once. @throws as openListener */
  publish(): Promise<Listener>
  /** Leaves all as it was. */
  discard(): void
}

/** A socket that is open. */
export interface Listener {
  /** Accepts no more connections, and removes the socket's name if it is still ours. */
  close(): Promise<void>
  /** True while the path leads to this very socket. */
  hasName(): boolean
  /** True unless somebody has given the socket to another owner or group, or changed whom its mode lets in. */
  hasRights(): boolean
  /** What its directory was at first; absent: it is systemd's business. */
  directory?: DirectoryAccess
}

/**
 * Listens on a UNIX socket that is born with its final owner and mode: bound in a directory that
 * only we can enter, then renamed onto the public name, which is never chmodded or unlinked. The
 * socket of a daemon that is gone is replaced; one that somebody answers, and anything but a socket,
 * is left alone.
 * @throws ConfigInvalidError where the path or the descriptor cannot be used
 * @throws InsecureFileModeError where another user could put another socket in its place
 * @throws StoreLockedError while another process listens at the path
 */
export async function openListener(server: Server, options: ListenerOptions): Promise<Listener> {
  const prepared = await prepareListener(server, options)
  return prepared.publish()
}

/**
 * Does all of openListener that may fail without a race, so that of several sockets all are opened or
 * none. @throws as openListener
 */
export async function prepareListener(
  server: Server,
  options: ListenerOptions,
): Promise<PreparedListener> {
  const { inheritedFd } = options
  const prepared =
    inheritedFd === undefined
      ? await explained(options, () => bindPrivately(server, options))
      : { publish: () => adopt(server, inheritedFd), discard: () => {} }
  return { ...prepared, publish: () => explained(options, () => prepared.publish()) }
}

async function explained<T>(options: ListenerOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isCmsOauthError(error)) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(
      `the socket "${options.path}" cannot be opened: ${withErrnoWords(code)}`,
      {
        hint: hintFor(code, options),
        cause: error,
      },
    )
  }
}

async function adopt(server: Server, fd: number): Promise<Listener> {
  closeOnExec(fd)
  server.listen({ fd }, backlog)
  await once(server, 'listening')
  return { close: () => closeServer(server), hasName: () => true, hasRights: () => true }
}

async function bindPrivately(server: Server, options: ListenerOptions): Promise<PreparedListener> {
  const { path } = options
  const ownership = findOwnership(options)
  const taker = { owner: ownership?.uid, has: () => options.replaces?.hasName() === true }
  requireSocketPath(path)
  const before = options.replaces?.directory
  if (before !== undefined) makeDirectoryAgain(path, before)
  makeDirectoryOf({ path, kind: 'socket' })
  const free = findFree(path, taker)
  if (free !== undefined) await free
  const access = directoryAccessOf(path)
  const directory = PrivateDirectory.make(dirname(path))
  const privatePath = directory.socketPath
  const discard = () => {
    server.close()
    directory.remove()
  }
  try {
    await listenPrivately(server, privatePath)
    if (ownership !== undefined) lchownSync(privatePath, ownership.uid, ownership.gid)
    chmodSync(privatePath, options.mode)
    const bound = lstatSync(privatePath)
    const takeName = () => {
      requireFree(path, taker)
      renameSync(privatePath, path)
    }
    return { publish: () => publish(server, { path, bound, takeName, directory, access }), discard }
  } catch (error) {
    discard()
    throw error
  }
}

interface Publication {
  path: string
  bound: Stats
  takeName: () => void
  directory: PrivateDirectory
  access: DirectoryAccess
}

async function publish(
  server: Server,
  { path, bound, takeName, directory, access }: Publication,
): Promise<Listener> {
  try {
    await alone(path, takeName)
  } catch (error) {
    server.close()
    throw error
  } finally {
    directory.remove()
  }
  const hasName = () => isThis(lookAt(path), bound)
  const hasRights = () => {
    const present = lookAt(path)
    return !isThis(present, bound) || hasRightsOf(present, bound)
  }
  const close = () => closeAndUnlink(server, path, hasName)
  return { close, hasName, hasRights, directory: access }
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177)
  try {
    // The name is bound before listen() returns, so that no other file gets this umask.
    server.listen({ path, backlog })
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
}

function requireSocketPath(path: string): void {
  if (isSocketPath(path)) return
  throw new ConfigInvalidError(`"${path}" is not a path for a socket`, {
    hint: `choose a path of at most ${socketPathLimitBytes} bytes, without NUL`,
  })
}

/** Undefined where it is gone, or its directory is closed to us. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

function isThis(present: Stats | undefined, { ino, dev }: Stats): present is Stats {
  return present?.ino === ino && present.dev === dev
}

/** True for one that need not be opened again: its path leads to it, or `isLeft`, and it lets in whom it did. */
export function staysOpen(open: Pick<Listener, 'hasName' | 'hasRights'>, isLeft: boolean): boolean {
  return (isLeft || open.hasName()) && open.hasRights()
}

const othersMode = 0o007

/** More for the group does no harm: with an ACL, the bits of the group are those of its mask. */
function hasRightsOf(present: Stats, bound: Stats): boolean {
  const isWhose = present.uid === bound.uid && present.gid === bound.gid
  const lacksNothing = (present.mode & bound.mode) === bound.mode
  return isWhose && lacksNothing && (present.mode & othersMode) === (bound.mode & othersMode)
}

async function closeAndUnlink(server: Server, path: string, hasName: () => boolean) {
  const closed = closeServer(server)
  await alone(path, () => removeName(path, hasName))
  await closed
}

/** Where the directory refuses it, the name leads nowhere, and the next daemon replaces it. */
function removeName(path: string, hasName: () => boolean): void {
  try {
    if (hasName()) unlinkSync(path)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  await closed
}

function hintFor(code: string | undefined, { owner, group, path }: ListenerOptions): string {
  if (code === 'EPERM' && (owner ?? group) !== undefined) {
    return 'only root may change the owner of a socket: use a group that this user is in (SupplementaryGroups= and SystemCallFilter=@chown under systemd)'
  }
  if (code === 'EACCES' || code === 'EROFS') {
    return `this user may not write "${dirname(path)}": start the .socket unit of systemd that makes the socket there (of an [[outbox]]: "systemctl enable --now cms-oauthd-outbox.socket"), or name another place with "path", or for the default one with XDG_RUNTIME_DIR`
  }
  return `check the directories above "${path}" and their modes, or name another path: with "path", or for the default one with XDG_RUNTIME_DIR`
}
