/** The clocks that programs of a test see: libfaketime's wall clock, and a /proc/uptime of our own. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { takeOwnMounts } from './own-mounts.ts'

/** Clocks that a test sets while programs run on them. */
export interface MachineClock {
  /** How far the wall clock and the time since boot are ahead of the real ones. */
  set(ahead: { wallMs: number; bootMs: number }): void
}

/**
 * From now on, all that this process starts runs on these clocks: in a mount namespace where the
 * loader preloads libfaketime, since the daemon does not start with LD_PRELOAD. Timers are the real
 * ones, as they are when somebody sets the clock, and as they stand still while a machine sleeps.
 */
export function takeMachineClock(t: TestContext): MachineClock {
  const library = findLibrary()
  const directory = temporaryDirectory(t)
  const [etc, work] = [join(directory, 'etc'), join(directory, 'work')]
  for (const path of [etc, work]) mkdirSync(path)
  takeOwnMounts()
  const teller = 'cms-oauth-fake-clock.so'
  const source = join(import.meta.dirname, 'fake-clock.c')
  execFileSync('cc', ['-shared', '-fPIC', '-o', join(etc, teller), source])
  // The last one begins first.
  writeFileSync(join(etc, 'ld.so.preload'), `${library}\n/etc/${teller}\n`)
  const options = `lowerdir=/etc,upperdir=${etc},workdir=${work}`
  mount('-t', 'overlay', '-o', options, 'cms-oauth-soak', '/etc')
  const uptime = realUptime()
  const uptimeFile = join(directory, 'uptime')
  const uptimeFd = openSync(uptimeFile, 'w')
  // In a place that every child may read, as confined as it is.
  const wallFile = '/etc/cms-oauth-wall-clock'
  let ahead = { wallMs: 0, bootMs: 0 }
  const set = (next: typeof ahead) => {
    ahead = next
    writeFileSync(wallFile, `${next.wallMs < 0 ? '' : '+'}${next.wallMs / 1_000}\n`)
    tick()
  }
  const begun = performance.now()
  // Always as long, so that no reader finds it cut short.
  const tick = () => {
    const seconds = uptime + (performance.now() - begun + ahead.bootMs) / 1_000
    writeSync(uptimeFd, `${seconds.toFixed(2).padStart(20)} 0.00\n`, 0)
  }
  set(ahead)
  const ticking = setInterval(tick, 20)
  t.after(() => clearInterval(ticking))
  mount('--bind', uptimeFile, '/proc/uptime')
  return { set }
}

function findLibrary(): string {
  const found = readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
    .find((path) => existsSync(path))
  return found ?? assert.fail('libfaketime is missing: install the Debian package "faketime"')
}

function realUptime(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
}

function mount(...args: string[]): void {
  execFileSync('mount', args)
}
