/**
 * The system units: `systemd-analyze verify` has nothing to say, the exposure is 1.3 at most, and in
 * a systemd that is really booted the socket's first client starts the daemon, and 6 kills in a row
 * cost no request. Needs root and systemd's programs. Takes half a minute.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../socket/token-socket.ts'
import { installedProgram } from '../support/installed-program.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import { requireRoot } from './require-root.ts'
import '../system/systemd.test.ts'

const root = join(import.meta.dirname, '..', '..')
const kills = 6
const requestsPerKill = 200
const namespaces = ['pid', 'mount', 'uts', 'ipc', 'cgroup', 'net'].map((name) => `--${name}`)

test('the exposure of the system unit is 1.3 at most', (t) => {
  const { status, stdout, stderr } = spawnSync(
    installedProgram('systemd-analyze', 'systemd'),
    ['security', '--offline=true', '--no-pager', '--threshold=13', 'systemd/cms-oauthd.service'],
    { cwd: root, encoding: 'utf8' },
  )
  const verdict = /Overall exposure level.*: ([\d.]+)/.exec(stdout)?.[1] ?? stderr
  t.diagnostic(`exposure ${verdict}`)
  assert.equal(status, 0, `exposure ${verdict}`)
})

test(`in a booted systemd ${kills} kills in a row cost no request`, async (t) => {
  requireRoot()
  const room = mkdtempSync(join(tmpdir(), 'cms-oauth-boot-'))
  t.after(() => rmdirSync(room))
  const boot = spawn(
    'unshare',
    ['--fork', ...namespaces, 'sh', join(import.meta.dirname, 'boot.sh'), room, root],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const exited = once(boot, 'exit')
  while (boot.pid === undefined || findRenewerPid(boot.pid) === undefined) await delay(10)
  // The first process of a pid namespace: all others end with it.
  const systemd = findRenewerPid(boot.pid) ?? assert.fail('nothing was booted')
  t.after(async () => {
    process.kill(systemd, 'SIGKILL')
    await exited
  })
  const socket = `/proc/${systemd}/root/run/cms-oauth/cms.sock`
  const begun = performance.now()
  while (!existsSync(socket)) {
    assert.ok(performance.now() < begun + 30_000 && boot.exitCode === null, 'no socket after 30 s')
    await delay(20)
  }
  const request = async () => {
    const answer = await ask(socket, 'SMTP,json user@example.com').catch(
      (error: Error) => error.message,
    )
    assert.match(answer, /"error":"sign_in_required"/)
  }
  await request()
  t.diagnostic(`the first answer ${(performance.now() - begun).toFixed(0)} ms after the boot began`)
  const control = (...args: string[]) =>
    execFileSync('nsenter', ['--all', `--target=${systemd}`, 'systemctl', ...args], {
      encoding: 'utf8',
    })
  let asked = 0
  for (let kill = 0; kill < kills; kill++) {
    control('kill', '--signal=KILL', 'cms-oauthd.service')
    for (let count = 0; count < requestsPerKill; count++, asked++) await request()
  }
  t.diagnostic(`${kills} kills, ${asked} requests, all answered`)
  assert.equal(control('is-active', 'cms-oauthd.service').trim(), 'active')
  assert.match(
    control('show', '--property=NRestarts', 'cms-oauthd.service'),
    new RegExp(`=${kills}$`, 'm'),
  )
})
