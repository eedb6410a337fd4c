import { koffi } from './koffi.ts'

/** The C library of this process. */
export const libc = koffi.load(null)

/** The error of the last failed call (errno), in the form of Node's errors. */
export function systemError(call: string): NodeJS.ErrnoException {
  const errno = koffi.errno()
  const code =
    Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `${errno}`
  const error: NodeJS.ErrnoException = new Error(`${call}: ${code}`)
  error.code = code
  error.errno = errno
  error.syscall = call
  return error
}
