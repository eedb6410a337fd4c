import { closeSync, constants, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { libc, systemError } from './libc.ts'

/** A held flock(2): the kernel releases it when its process ends, however it ends. */
export interface FileLock {
  /** Releases it; once is enough. */
  close(): void
}

const exclusiveNonBlocking = 2 | 4
const pollIntervalMs = 20

const flock = libc.func('int flock(int fd, int operation)')

/**
 * Takes the exclusive lock on a file, which is created (0600) if it does not exist, and never
 * removed. Undefined if another process holds the lock. The descriptor is close-on-exec.
 * @throws NodeJS.ErrnoException where the file cannot be opened
 */
export function lockFile(path: string): FileLock | undefined {
  return lockDescriptor(openToWrite(path))
}

/**
 * Waits until the lock is released, and takes it; works on a disk that has become read-only, too.
 * @throws the signal's reason when it aborts, NodeJS.ErrnoException where the file cannot be opened
 */
export async function waitForFileLock(path: string, signal: AbortSignal): Promise<FileLock> {
  for (;;) {
    const lock = lockDescriptor(openToLock(path))
    if (lock !== undefined) return lock
    signal.throwIfAborted()
    await delay(pollIntervalMs)
  }
}

function openToWrite(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
  return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
}

function openToLock(path: string): number {
  try {
    return openToWrite(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EROFS') throw error
    return openToRead(path, error)
  }
}

function openToRead(path: string, readOnly: unknown): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? readOnly : error
  }
}

/**
 * Takes the exclusive lock on an open file or directory, which is held until the descriptor is
 * closed. False if another process holds it, undefined if the file system does not support it, as
 * some network file systems do not for directories.
 */
export function tryLock(fd: number): boolean | undefined {
  if (flock(fd, exclusiveNonBlocking) === 0) return true
  return isHeldElsewhere(systemError('flock')) ? false : undefined
}

function lockDescriptor(fd: number): FileLock | undefined {
  if (flock(fd, exclusiveNonBlocking) === 0) return lockOn(fd)
  const error = systemError('flock')
  closeSync(fd)
  if (isHeldElsewhere(error)) return undefined
  throw error
}

function isHeldElsewhere({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EAGAIN' || code === 'EWOULDBLOCK'
}

function lockOn(fd: number): FileLock {
  let isHeld = true
  return {
    close() {
      // The descriptor's number may belong to another file by now.
      if (isHeld) closeSync(fd)
      isHeld = false
    },
  }
}
