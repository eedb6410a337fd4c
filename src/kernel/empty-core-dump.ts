import { writeFileSync } from 'node:fs'

/**
 * From now on a core dump of this process, and of what it starts, holds nothing of its memory (core(5)):
 * where cores are kept, as by systemd-coredump, Ctrl-\ in the middle of a login would leave a token on the
 * disk. For programs that may have no koffi: hardenProcess closes more. Nothing happens where the kernel has no
 * such file.
 */
export function emptyCoreDump(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // Without /proc, or in a kernel that writes no cores.
  }
}
