/**
 * A directory of our own beside a socket's name, in which the socket is born before it gets that name.
 * It is found through descriptors and removed by unlink and rmdir alone: neither follows a link that
 * somebody has put in its place, and neither takes what we did not make.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { basename } from 'node:path'
import { StoreLockedError } from '../../errors.ts'
import { namesIn } from '../../files/names-in.ts'
import { tryLock } from '../../kernel/file-lock.ts'

const nameStart = '.cms-oauth-'
/** As mkdtemp(3) names it. */
const ownName = /^\.cms-oauth-[A-Za-z0-9]{6}$/
/** O_PATH, which Node does not name: to find something below a directory that we may not list. */
const pathOnly = 0o10000000
const mostTries = 10

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants

/** The directory, while a socket is being made. */
export class PrivateDirectory {
  readonly #name: string
  readonly #fd: number
  readonly #parentFd: number

  private constructor(name: string, fd: number, parentFd: number) {
    this.#name = name
    this.#fd = fd
    this.#parentFd = parentFd
  }

  /** Makes one, and removes those that killed processes left there. @throws NodeJS.ErrnoException */
  static make(directory: string): PrivateDirectory {
    const parentFd = openSync(directory, pathOnly | O_DIRECTORY)
    try {
      removeLeftovers(parentFd)
      for (let tries = 0; tries < mostTries; tries++) {
        const name = basename(mkdtempSync(below(parentFd, nameStart)))
        const fd = openRoom(parentFd, name)
        if (fd !== undefined) return new PrivateDirectory(name, fd, parentFd)
      }
      throw new StoreLockedError(
        `other processes keep removing what is created in "${directory}"`,
        {
          hint: 'choose a path in another directory',
        },
      )
    } catch (error) {
      closeSync(parentFd)
      throw error
    }
  }

  /**
   * Where a socket can be bound: short, whatever the directory's path is. It is unique, because libuv
   * unlinks it at close, when the descriptor may be another directory's.
   */
  get socketPath(): string {
    return below(this.#fd, this.#name)
  }

  /** Removes it, and a socket that is still in it. */
  remove(): void {
    clear(this.#parentFd, this.#name, this.#fd)
    closeSync(this.#fd)
    closeSync(this.#parentFd)
  }
}

function below(fd: number, name: string): string {
  return `/proc/self/fd/${fd}/${name}`
}

/**
 * The directory's descriptor, which holds its lock: whoever gets that lock knows that its maker is dead.
 * Undefined if it is somebody else's, or was taken for a leftover before it was locked.
 */
function openRoom(parentFd: number, name: string): number | undefined {
  const fd = openSync(below(parentFd, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  const { uid, mode } = fstatSync(fd)
  const isOurs = uid === process.geteuid?.() && (mode & 0o077) === 0
  if (isOurs && tryLock(fd) !== false && isStillThere(parentFd, name, fd)) return fd
  closeSync(fd)
  return undefined
}

function isStillThere(parentFd: number, name: string, fd: number): boolean {
  const found = lstatSync(below(parentFd, name), { throwIfNoEntry: false })
  const { ino, dev } = fstatSync(fd)
  return found?.ino === ino && found.dev === dev
}

/** Removes the directories of processes of this user that were killed at work. */
function removeLeftovers(parentFd: number): void {
  for (const name of namesIn(`/proc/self/fd/${parentFd}`)) {
    if (ownName.test(name)) removeLeftover(parentFd, name)
  }
}

function removeLeftover(parentFd: number, name: string): void {
  let fd
  try {
    fd = openSync(below(parentFd, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    if (fstatSync(fd).uid === process.geteuid?.() && tryLock(fd) === true) clear(parentFd, name, fd)
  } catch {
    // Somebody else's, or gone: what stays there harms nobody.
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** What else may be in it was not made by us, and keeps the directory. */
function clear(parentFd: number, name: string, fd: number): void {
  try {
    const socket = lstatSync(below(fd, name), { throwIfNoEntry: false })
    if (socket?.isSocket() === true) unlinkSync(below(fd, name))
    if (isStillThere(parentFd, name, fd)) rmdirSync(below(parentFd, name))
  } catch {
    // The socket is open all the same; the next start tries again.
  }
}
