import { fcntl, fDupfdCloexec } from './fcntl.ts'
import { systemError } from './libc.ts'

/** Above what a program takes for its standard streams. */
const lowest = 3

/** Another descriptor of the same open file or socket, close-on-exec. @throws NodeJS.ErrnoException */
export function duplicateDescriptor(fd: number): number {
  const duplicate = fcntl(fd, fDupfdCloexec, 'int', lowest) as number
  if (duplicate === -1) throw systemError('fcntl')
  return duplicate
}
