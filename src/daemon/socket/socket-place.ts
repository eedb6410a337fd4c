/** The public name of a socket: who has it, and when we may take it. */
import { closeSync, constants, lstatSync, openSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigInvalidError, StoreLockedError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { isTrusted } from '../../files/trusted-owner.ts'
import { tryLock } from '../../kernel/file-lock.ts'
import { findSocketHolder, type SocketHolder } from '../../kernel/socket-holder.ts'
import { userNameOf } from '../../kernel/user-database.ts'

const inheritedPollMs = 20
/** A child of a daemon that was killed ends what it has begun, and then itself. */
const inheritedLimitMs = 3_000
const lockPollMs = 10
/** A stranger may hold the lock of a directory that he can open: it is waited for no longer. */
const lockLimitMs = 1_000

/** Whose socket may be replaced. */
interface Taker {
  /** Its owner to come, besides root and us. */
  owner: number | undefined
  /** True if the socket there is its own, and is to go. */
  has: () => boolean
}

/**
 * Refuses a path where somebody listens, or something else lies than the socket of a daemon that is
 * gone.
 * @throws StoreLockedError where a process answers, ConfigInvalidError for anything else
 */
export function requireFree(path: string, taker: Taker): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return
  if (!present.isSocket()) {
    throw new ConfigInvalidError(`"${path}" exists and is not a socket`, {
      hint: 'remove it or choose another path',
    })
  }
  if (taker.has()) return
  const holder = askForHolder(path, present, taker)
  if (holder !== undefined) throw taken(path, holder)
  requireReplaceable(path, present, taker)
}

/**
 * As requireFree, but for a socket that the children of a killed daemon have: undefined where the path is free, a
 * promise where that is waited for. @throws as requireFree
 */
export function findFree(path: string, taker: Taker): Promise<void> | undefined {
  try {
    requireFree(path, taker)
    return undefined
  } catch (error) {
    if (error instanceof InheritedError) return waitUntilFree(path, taker)
    throw error
  }
}

async function waitUntilFree(path: string, taker: Taker): Promise<void> {
  for (let waitedMs = inheritedPollMs; ; waitedMs += inheritedPollMs) {
    await delay(inheritedPollMs)
    try {
      return requireFree(path, taker)
    } catch (error) {
      if (!(error instanceof InheritedError) || waitedMs >= inheritedLimitMs) throw error
    }
  }
}

function askForHolder(path: string, present: Stats, taker: Taker): SocketHolder | undefined {
  try {
    return findSocketHolder(path)
  } catch (error) {
    requireReplaceable(path, present, taker)
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(
      `it is unknown whether a process listens on "${path}": ${withErrnoWords(code)}`,
      {
        hint: 'remove it if no daemon is behind it, or choose another path',
        cause: error,
      },
    )
  }
}

/** The process that began to listen is gone, and another one has its socket. */
class InheritedError extends StoreLockedError {}

function taken(path: string, { pid, isInherited }: SocketHolder): StoreLockedError {
  if (pid === process.pid) {
    return new StoreLockedError(`the socket "${path}" is already in use by this daemon`, {
      hint: 'give each [[socket]], and [control], a path of its own',
    })
  }
  const who = pid === undefined ? 'another process' : `the process ${pid}`
  const look = pid === undefined ? `"ss -lxp" lists it` : `"ps -p ${pid}" shows which program it is`
  const systemd = pid === 1 ? ' (systemd: stop its .socket unit)' : ''
  const Refusal = isInherited ? InheritedError : StoreLockedError
  return new Refusal(`${who} listens on the socket "${path}"`, {
    hint: `stop it first${systemd}, or choose another path; ${look}`,
  })
}

function requireReplaceable(path: string, { uid }: Stats, { owner }: Taker): void {
  if (isTrusted(uid) || uid === owner) return
  throw new ConfigInvalidError(`the socket "${path}" belongs to the user "${userNameOf(uid)}"`, {
    hint: 'remove it if nobody needs it, or choose another path',
  })
}

/**
 * Does something with a name while no other daemon does: two that start at once would both find the
 * place free, and one that ends could remove what another has just put there.
 */
export async function alone<T>(path: string, work: () => T): Promise<T> {
  const fd = openDirectory(dirname(path))
  try {
    if (fd !== undefined && tryLock(fd) === false) await waitForLock(fd)
    return work()
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Undefined for a directory that is gone, or that we may write and not list. */
function openDirectory(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return undefined
  }
}

async function waitForLock(fd: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < lockLimitMs; waitedMs += lockPollMs) {
    await delay(lockPollMs)
    if (tryLock(fd) !== false) return
  }
}
