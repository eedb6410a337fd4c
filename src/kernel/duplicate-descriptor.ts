import { libc, systemError } from './libc.ts'

const fDupfdCloexec = 1_030
/** Above what a program takes for its standard streams. */
const lowest = 3

const fcntl = libc.func('int fcntl(int fd, int command, ...)')

/** Another descriptor of the same open file or socket, close-on-exec. @throws NodeJS.ErrnoException */
export function duplicateDescriptor(fd: number): number {
  const duplicate = fcntl(fd, fDupfdCloexec, 'int', lowest) as number
  if (duplicate === -1) throw systemError('fcntl')
  return duplicate
}
