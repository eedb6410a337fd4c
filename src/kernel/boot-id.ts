import { readFileSync } from 'node:fs'

/** Tells this run of the kernel from every other one, on whatever machine (random(4)). */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
