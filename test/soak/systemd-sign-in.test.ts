/**
 * What people and other users meet at the system unit in a systemd that is really booted: a sign-in by page, by
 * device code and by a pasted address, with the client's secret as a credential, a notice, who is refused, and
 * what `doctor` and systemd say of the confinement. Needs root and systemd's programs. Takes half a minute.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { testClientId, testClientSecret } from '../support/authorization-clients.ts'
import { bootSystemd, type BootedSystemd } from './booted-systemd.ts'
import { requireRoot } from './require-root.ts'
import { startHelper } from './start-helper.ts'

const user = 'user@example.com'
const control = 'CMS_OAUTH_CONTROL=/run/cms-oauthd/control.sock'
const noticed = '/var/lib/cms-oauth/noticed'

const configuration = (url: string) => `[[account]]
user = "${user}"
provider = "oidc"
client_id = "${testClientId}-basic"
client_secret_credential = "client"
authority = "${url}"
scopes = ["openid", "email", "offline_access", "mail"]
[notify]
command = ["/usr/bin/touch", "${noticed}"]
`
const log = '/var/log/cms-oauthd.log'

const dropIn = `[Service]
StandardError=append:${log}
Environment=NODE_EXTRA_CA_CERTS=/etc/cms-oauth/ca.pem
LoadCredential=client:/etc/cms-oauth/client.secret
`

async function until(isSo: () => boolean, what: string): Promise<void> {
  const begun = performance.now()
  while (!isSo()) {
    assert.ok(performance.now() < begun + 30_000, what)
    await delay(20)
  }
}

/** The last line of a token in the log. */
function lastGrant({ root }: BootedSystemd): Record<string, unknown> {
  const lines = readFileSync(root + log, 'utf8').split('\n')
  return JSON.parse(lines.findLast((line) => line.includes('"token.granted"')) ?? '{}') as Record<
    string,
    unknown
  >
}

async function prepare(t: TestContext) {
  const systemd = await bootSystemd(t)
  const { root, pid } = systemd
  await until(() => existsSync(`${root}/run/cms-oauth/cms.sock`), 'no socket')
  const helper = await startHelper<{ url: string; caFile: string }>(t, 'sign-in-helper.ts', [], pid)
  const { url, caFile } = helper.said
  cpSync(caFile, `${root}/etc/cms-oauth/ca.pem`)
  chmodSync(`${root}/etc/cms-oauth/ca.pem`, 0o644)
  writeFileSync(`${root}/etc/cms-oauth/client.secret`, testClientSecret, { mode: 0o600 })
  writeFileSync(`${root}/etc/cms-oauth/config.toml`, configuration(url))
  mkdirSync(`${root}/etc/systemd/system/cms-oauthd.service.d`)
  writeFileSync(`${root}/etc/systemd/system/cms-oauthd.service.d/local.conf`, dropIn)
  systemd.run(['systemctl', 'daemon-reload'])
  systemd.run(['systemctl', 'start', 'cms-oauthd.service'])
  return { systemd, helper }
}

/** A client in there: what it has shown so far, and a way to type. */
function begin({ pid }: BootedSystemd, ...args: string[]) {
  const words = ['--all', `--target=${pid}`, 'env', control, 'cms-oauth', ...args]
  const child = spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'pipe'] })
  let screen = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (screen += text))
  }
  const ended = once(child, 'exit').then(([status]) => ({ status: status as number, screen }))
  const shown = async (pattern: RegExp) => {
    await until(() => pattern.test(screen), `"${screen}" has no ${pattern}`)
    return pattern.exec(screen)?.[0] ?? ''
  }
  return { ended, shown, type: (line: string) => child.stdin.write(`${line}\n`) }
}

const ask = ['cms-oauth', `--user=${user}`, '--output=token', '--cms_sock=/run/cms-oauth/cms.sock']

test('people sign in by page, device code and pasted address at the confined system unit', async (t) => {
  requireRoot()
  const { systemd, helper } = await prepare(t)
  const { root } = systemd

  const byPage = begin(systemd, 'login', user, '--no-browser')
  await helper.tell(`page ${await byPage.shown(/^http:\S+$/m)}`)
  const signedIn = await byPage.ended
  assert.equal(signedIn.status, 0, signedIn.screen)
  const tokens = [systemd.run(ask)]

  await helper.tell(`revoke ${user}`)
  // A sign-in is over when it was refused twice.
  for (const times of [1, 2])
    assert.equal((await begin(systemd, 'refresh', user).ended).status, 77, `${times}`)
  await until(() => existsSync(`${root}${noticed}`), 'no notice')

  const byDevice = begin(systemd, 'login', user, '--device')
  await helper.tell(`device ${await byDevice.shown(/^\w{4}-\w{4}$/m)} ${user}`)
  const decided = await byDevice.ended
  assert.equal(decided.status, 0, decided.screen)
  tokens.push(systemd.run(ask))

  const byPaste = begin(systemd, 'login', user, '--paste')
  byPaste.type(await helper.tell(`elsewhere ${await byPaste.shown(/^https:\S+$/m)}`))
  const pasted = await byPaste.ended
  assert.equal(pasted.status, 0, pasted.screen)
  tokens.push(systemd.run(ask))
  assert.equal(new Set(tokens).size, 3)

  // Nobody else gets anything, at either socket.
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  assert.throws(() => systemd.run([...asNobody, ...ask]), { status: 77 })
  const status = ['env', control, 'cms-oauth', 'status']
  assert.throws(() => systemd.run([...asNobody, ...status]), { status: 77 })
  assert.match(systemd.run(status), /active/)

  const { screen } = await begin(systemd, 'doctor').ended
  for (const said of [
    /^ok +confinement +bridge, outbox, sender and renewer open only/m,
    /^ok +confinement +system calls are filtered/m,
    /^ok +confinement +the log line of a token has uid, gid and pid/m,
  ]) {
    assert.match(screen, said)
  }
  const security = ['systemd-analyze', 'security', '--no-pager', 'cms-oauthd.service']
  const [, exposure = ''] = /exposure level.*: ([\d.]+)/.exec(systemd.run(security)) ?? []
  t.diagnostic(`exposure ${exposure}`)
  assert.ok(Number(exposure) <= 1.3, exposure)

  // Who asked is in the log; the program is, where an administrator wants to see it, and Landlock can be left out.
  const { uid, gid, program } = lastGrant(systemd)
  assert.deepEqual({ uid, gid, program }, { uid: 0, gid: 0, program: undefined })
  assert.match(readFileSync(root + log, 'utf8'), /"audit.programs_hidden"/)
  const visible = `${root}/etc/systemd/system/cms-oauthd.service.d/visible.conf`
  writeFileSync(
    visible,
    '[Service]\nProtectProc=default\nSystemCallFilter=~landlock_create_ruleset\n',
  )
  systemd.run(['systemctl', 'daemon-reload'])
  systemd.run(['systemctl', 'restart', 'cms-oauthd.service'])
  systemd.run(ask)
  assert.equal(lastGrant(systemd)['program'], 'node')
  const open = await begin(systemd, 'doctor').ended
  assert.match(open.screen, /^ok +confinement +bridge, outbox, sender and renewer may open what/m)
  assert.doesNotMatch(readFileSync(root + log, 'utf8'), /exception_caught/)
})
