import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import type { Server } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { ConfigInvalidError } from '../errors.ts'
import { closeOnExec } from '../kernel/close-on-exec.ts'
import { findGroupId, findUserId } from '../kernel/user-database.ts'

/** Where a UNIX socket is to be, and whose. */
export interface ListenerOptions {
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
 * Listens on a UNIX socket that is born with its final owner and mode: bound under a private name
 * in the same directory, then renamed onto the public one, which is never chmodded or unlinked.
 * @throws ConfigInvalidError where the path cannot be used
 */
export async function openListener(server: Server, options: ListenerOptions): Promise<Listener> {
  const { inheritedFd } = options
  if (inheritedFd !== undefined) {
    closeOnExec(inheritedFd)
    server.listen({ fd: inheritedFd })
    await once(server, 'listening')
    return { close: () => closeServer(server) }
  }
  try {
    return await bind(server, options)
  } catch (error) {
    if (error instanceof ConfigInvalidError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`the socket "${options.path}" cannot be made: ${code}`, {
      hint: hintFor(code, options),
      cause: error,
    })
  }
}

async function bind(server: Server, options: ListenerOptions): Promise<Listener> {
  const { path, mode } = options
  const ownership = ownershipOf(options)
  requireReplaceable(path)
  const directory = dirname(path)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const directoryFd = openSync(directory, constants.O_DIRECTORY | constants.O_RDONLY)
  // Through the descriptor the name stays short, however long the directory's is.
  const inDirectory = (name: string) => join('/proc/self/fd', String(directoryFd), name)
  const privatePath = inDirectory(`.cms-${randomBytes(6).toString('hex')}`)
  let born: Stats
  try {
    await listenPrivately(server, privatePath)
    if (ownership !== undefined) lchownSync(privatePath, ownership.uid, ownership.gid)
    chmodSync(privatePath, mode)
    born = lstatSync(privatePath)
    renameSync(privatePath, inDirectory(basename(path)))
  } catch (error) {
    server.close()
    rmSync(privatePath, { force: true })
    closeSync(directoryFd)
    throw error
  }
  return {
    close: async () => {
      const closed = closeServer(server)
      unlinkIfOurs(path, born)
      await closed
      closeSync(directoryFd)
    },
  }
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177)
  try {
    // The name is bound before listen() returns, so that no other file gets this umask.
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
}

function ownershipOf({ owner, group }: ListenerOptions): { uid: number; gid: number } | undefined {
  if (owner === undefined && group === undefined) return undefined
  const keep = -1
  return {
    uid: owner === undefined ? keep : known('owner', owner, findUserId(owner)),
    gid: group === undefined ? keep : known('group', group, findGroupId(group)),
  }
}

function known(key: string, name: string, id: number | undefined): number {
  if (id !== undefined) return id
  throw new ConfigInvalidError(`${key} = "${name}": this system does not know that name`, {
    hint: 'correct the name, or install the program whose package makes it',
  })
}

function requireReplaceable(path: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined || present.isSocket()) return
  throw new ConfigInvalidError(`"${path}" exists and is not a socket`, {
    hint: 'remove it or choose another path',
  })
}

function unlinkIfOurs(path: string, born: Stats): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present?.ino === born.ino && present.dev === born.dev) unlinkSync(path)
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
  return `look at the directories above "${path}" and their modes`
}
