import { libc } from './libc.ts'

/** The command of fcntl(2) that opens another descriptor of the same file, close-on-exec. */
export const fDupfdCloexec = 1_030

/** Below 0: it failed. */
export const fcntl = libc.func('int fcntl(int fd, int command, ...)')
