import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import type { Server } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { isSocketPath, socketPathLimitBytes } from '../config/socket-path.ts'
import { ConfigInvalidError } from '../errors.ts'
import { closeOnExec } from '../kernel/close-on-exec.ts'
import { findOwnership } from '../kernel/ownership.ts'

/** Clients that may wait to be accepted; the kernel lowers it to net.core.somaxconn. */
const backlog = 4_096

/** Where a UNIX socket is to be, and whose. */
interface ListenerOptions {
  path: string
  mode: number
  owner?: string
  group?: string
  /** A listening descriptor that systemd passed: owner and mode are systemd's business then. */
  inheritedFd?: number
}

/** A socket that is open. */
export interface Listener {
  /** Takes no more connections, and removes the socket's name if it is still ours. */
  close(): Promise<void>
}

/**
 * Listens on a UNIX socket that is born with its final owner and mode: bound in a directory that
 * only we can enter, then renamed onto the public name, which is never chmodded or unlinked. The
 * socket of a daemon that is gone is replaced, anything but a socket is left alone.
 * @throws ConfigInvalidError where the path or the descriptor cannot be used
 */
export async function openListener(server: Server, options: ListenerOptions): Promise<Listener> {
  try {
    const { inheritedFd } = options
    return await (inheritedFd === undefined ? bind(server, options) : adopt(server, inheritedFd))
  } catch (error) {
    if (error instanceof ConfigInvalidError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`the socket "${options.path}" cannot be opened: ${code}`, {
      hint: hintFor(code, options),
      cause: error,
    })
  }
}

async function adopt(server: Server, fd: number): Promise<Listener> {
  closeOnExec(fd)
  server.listen({ fd })
  await once(server, 'listening')
  return { close: () => closeServer(server) }
}

async function bind(server: Server, options: ListenerOptions): Promise<Listener> {
  const { path } = options
  const ownership = findOwnership(options)
  requireUsable(path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const room = mkdtempSync(join(dirname(path), '.cms-oauth-'))
  const roomFd = openSync(room, constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_RDONLY)
  // Through the descriptor the name is short, and nobody can put another file in its place. It is
  // unique because libuv unlinks it at close, when the descriptor may be another directory's.
  const privatePath = `/proc/self/fd/${roomFd}/${basename(room)}`
  try {
    requireOwn(roomFd, room)
    await listenPrivately(server, privatePath)
    if (ownership !== undefined) lchownSync(privatePath, ownership.uid, ownership.gid)
    chmodSync(privatePath, options.mode)
    const born = lstatSync(privatePath)
    renameSync(privatePath, path)
    return { close: () => closeAndUnlink(server, path, born) }
  } catch (error) {
    server.close()
    rmSync(privatePath, { force: true })
    throw error
  } finally {
    closeSync(roomFd)
    rmSync(room, { force: true, recursive: true })
  }
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

function requireUsable(path: string): void {
  if (!isSocketPath(path)) {
    throw new ConfigInvalidError(`"${path}" is no path for a socket`, {
      hint: `choose a path of at most ${socketPathLimitBytes} bytes, without NUL`,
    })
  }
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined || present.isSocket()) return
  throw new ConfigInvalidError(`"${path}" exists and is not a socket`, {
    hint: 'remove it or choose another path',
  })
}

function requireOwn(roomFd: number, room: string): void {
  if (fstatSync(roomFd).uid === process.geteuid?.()) return
  throw new ConfigInvalidError(`somebody replaced "${room}" while the socket was made`, {
    hint: 'choose a directory that no other user can write',
  })
}

async function closeAndUnlink(server: Server, path: string, born: Stats): Promise<void> {
  const closed = closeServer(server)
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present?.ino === born.ino && present.dev === born.dev) unlinkSync(path)
  await closed
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  await closed
}

function hintFor(code: string | undefined, { owner, group, path }: ListenerOptions): string {
  if (code === 'EPERM' && (owner ?? group) !== undefined) {
    return 'only root may give a socket away: use a group that this user is in (SupplementaryGroups= under systemd)'
  }
  return `look at the directories above "${path}" and their modes, or name another path: with "path", or for the default one with XDG_RUNTIME_DIR`
}
