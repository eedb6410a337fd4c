import { closeSync } from 'node:fs'
import { fDupfdCloexec } from './fcntl.ts'
import { libc } from './libc.ts'

const standardInput = 0
/** More takes more than 512 KiB of the kernel. */
const mostDescriptors = 2 ** 16

/** Not as variadic, which koffi calls in this thread alone; all that Node runs on pass it alike. */
const fcntl = libc.func('int fcntl(int fd, int command, int lowest)')

let grownTo = 0

/**
 * Has the kernel make room for so many open descriptors. Otherwise it doubles its table whenever that is full,
 * and a process of several threads waits for a grace period of RCU then (fs/file.c: expand_fdtable): 5 to 70 ms
 * each time, in which nobody is accepted or served. Here another thread waits. Where it fails nothing is lost but time.
 */
export function growDescriptorTable(count: number): void {
  const wanted = Math.min(count, mostDescriptors)
  if (wanted <= grownTo) return
  grownTo = wanted
  fcntl.async(standardInput, fDupfdCloexec, wanted - 1, (_: unknown, highest: number) => {
    if (highest >= 0) closeSync(highest)
  })
}
