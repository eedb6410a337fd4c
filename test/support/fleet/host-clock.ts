import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A wall clock of one host's own; its timers are those of this machine. */
export interface HostClock {
  /** What a program is started behind to see it, with all that it starts itself. */
  enter: readonly string[]
  /** Sets it, at once and for all that runs there, to so many ms before the real one. */
  set(aheadMs: number): void
  close(): void
}

/** Makes one that is right, in a directory of its own; only root can start programs behind it. */
export function createHostClock(directory: string): HostClock {
  const [etc, work] = [join(directory, 'clock-etc'), join(directory, 'clock-work')]
  for (const path of [etc, work]) mkdirSync(path)
  const [file, library] = [join(directory, 'clock'), join(directory, 'clock.so')]
  const fd = openSync(file, 'w')
  const set = (aheadMs: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(aheadMs))
    writeSync(fd, bytes, 0, 8, 0)
  }
  set(0)
  const source = join(import.meta.dirname, 'host-clock.c')
  const flags = ['-O2', '-shared', '-fPIC', `-DCLOCK_FILE="${file}"`]
  execFileSync('cc', [...flags, '-o', library, source])
  // The daemon gives its children an environment without LD_PRELOAD, and starts with none.
  writeFileSync(join(etc, 'ld.so.preload'), `${library}\n`)
  const options = `lowerdir=/etc,upperdir=${etc},workdir=${work}`
  const mount = `mount -t overlay -o ${options} cms-oauth-clock /etc && exec "$@"`
  return {
    enter: ['unshare', '--mount', 'sh', '-c', mount, 'sh'],
    set,
    close: () => closeSync(fd),
  }
}
