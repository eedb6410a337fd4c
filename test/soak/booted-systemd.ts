import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readlinkSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { findRenewerPid } from '../support/renewer-pid.ts'

const repository = join(import.meta.dirname, '..', '..')
const namespaces = ['pid', 'mount', 'uts', 'ipc', 'cgroup', 'net'].map((name) => `--${name}`)
const bootLimitMs = 30_000

/** A systemd that is really booted, with the package and its system units installed; see boot.sh. */
export interface BootedSystemd {
  /** Its process, seen from here. */
  pid: number
  /** Its root directory, seen from here. */
  root: string
  /** Runs a program in there; what it printed. @throws where it fails */
  run(argv: readonly string[], input?: string): string
}

/** Boots one, which ends with the test, without the package if it is to be bare. Needs root. */
export async function bootSystemd(t: TestContext, { isBare = false } = {}): Promise<BootedSystemd> {
  const room = mkdtempSync(join(tmpdir(), 'cms-oauth-boot-'))
  t.after(() => rmdirSync(room))
  const script = join(import.meta.dirname, 'boot.sh')
  const programs = isBare ? [] : [repository]
  const boot = spawn('unshare', ['--fork', ...namespaces, 'sh', script, room, ...programs], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(boot, 'exit')
  const begun = performance.now()
  let pid: number | undefined
  while ((pid = boot.pid && findRenewerPid(boot.pid)) === undefined || !isSystemd(pid)) {
    if (performance.now() > begun + bootLimitMs) throw new Error('nothing was booted')
    await delay(10)
  }
  const systemd = pid
  // The first process of a pid namespace: all others end with it.
  t.after(async () => {
    process.kill(systemd, 'SIGKILL')
    await exited
  })
  const run = ([program = '', ...args]: readonly string[], input = '') =>
    execFileSync('nsenter', ['--all', `--target=${systemd}`, program, ...args], {
      encoding: 'utf8',
      input,
    })
  t.diagnostic(run(['systemctl', '--version']).split('\n')[0] ?? '')
  return { pid: systemd, root: `/proc/${systemd}/root`, run }
}

/** False while boot.sh runs there: until then its root is that of this machine. */
function isSystemd(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/exe`).endsWith('/systemd')
}
