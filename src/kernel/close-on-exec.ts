import { fcntl } from './fcntl.ts'
import { systemError } from './libc.ts'

const fSetfd = 2
const fdCloexec = 1

/**
 * Keeps programs that this process starts from inheriting a descriptor. @throws
 * NodeJS.ErrnoException
 */
export function closeOnExec(fd: number): void {
  if (fcntl(fd, fSetfd, 'int', fdCloexec) === -1) throw systemError('fcntl')
}
