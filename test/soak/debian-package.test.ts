/**
 * The Debian package in a systemd that is really booted: installed, configured, upgraded while clients
 * ask, removed, installed again and purged. Needs root, dpkg-deb, lintian and the platform part of koffi
 * from npm's registry. Takes two minutes.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from '../daemon/socket/token-socket.ts'
import { installedProgram } from '../support/installed-program.ts'
import { type BootedSystemd, bootSystemd } from './booted-systemd.ts'
import { requireRoot } from './require-root.ts'

const execFileLater = promisify(execFile)
const repository = join(import.meta.dirname, '..', '..')
const socket = '/run/cms-oauth/cms.sock'

/** Builds it as `npm run deb` does. */
function buildPackage(arch: string): string {
  const args = ['packaging/deb.mjs', '--arch', arch]
  return execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' }).trim()
}

/** The same package as a later version. */
function laterPackage(path: string, directory: string): string {
  const tree = join(directory, 'later')
  execFileSync('dpkg-deb', ['--raw-extract', path, tree])
  const control = join(tree, 'DEBIAN', 'control')
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*/m, '$&+later'))
  return packed(tree, join(directory, 'later.deb'))
}

function packed(tree: string, path: string): string {
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, path], { stdio: 'ignore' })
  return path
}

/** Debian 12 has no Node that is new enough: where none is installed as a package, an empty one says so. */
function installNode(systemd: BootedSystemd, directory: string): void {
  const query = ['-c', "dpkg-query --show --showformat='${Version}' nodejs || true"]
  const installed = systemd.run(['sh', ...query])
  const isEnough = ['dpkg', ['--compare-versions', installed, 'ge', '20.19']] as const
  if (installed !== '' && spawnSync(...isEnough).status === 0) return
  const tree = join(directory, 'node')
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
  const { node } = process.versions
  const control = `Package: nodejs\nVersion: ${node}\nArchitecture: all\nMaintainer: test <test@example.com>\nDescription: test\n`
  writeFileSync(join(tree, 'DEBIAN', 'control'), control)
  systemd.run(['dpkg', '-i', copyInto(systemd, packed(tree, join(directory, 'nodejs.deb')))])
}

function copyInto(systemd: BootedSystemd, path: string): string {
  copyFileSync(path, `${systemd.root}/root/${basename(path)}`)
  return `/root/${basename(path)}`
}

async function boot(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-deb-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const systemd = await bootSystemd(t, { isBare: true })
  const path = buildPackage('amd64')
  t.after(() => rmSync(path))
  // Images of containers have one that forbids packages to restart services.
  rmSync(`${systemd.root}/usr/sbin/policy-rc.d`, { force: true })
  installNode(systemd, directory)
  const package_ = copyInto(systemd, path)
  const later = copyInto(systemd, laterPackage(path, directory))
  const dpkg = (...args: string[]) => systemd.run(['dpkg', '--force-confold', ...args])
  return { systemd, dpkg, package_, later }
}

const account =
  '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "5f0b6f1a-35d6-4e1a-9d3f-8f8d6a4b9c21"\n'

/** Of an account that may only send: token sockets leave it out. */
const outbox = `${account.replace('user@', 'notify@')}[[outbox]]
account = "notify@example.com"
aliases = { root = "me@example.org" }
allow = { users = ["root"] }
`

test('the package installs, upgrades without a refused request, is removed and purged', async (t) => {
  requireRoot()
  const { systemd, dpkg, package_, later } = await boot(t)
  const file = (path: string) => `${systemd.root}${path}`
  dpkg('-i', package_)
  const stat = ['stat', '--format=%a %U %G', '/etc/cms-oauth', '/etc/cms-oauth/config.toml']
  assert.equal(systemd.run(stat), '750 root cms-oauth\n640 root cms-oauth\n')
  assert.match(systemd.run(['cms-oauthd', '--version']), /^cms-oauthd \d/)
  assert.match(systemd.run(['cms-oauth', '--version', '--verbose']), /^koffi \d/m)
  // As its comments tell.
  writeFileSync(file('/etc/cms-oauth/config.toml'), account)
  systemd.run(['cms-oauthd', '--check', '--config', '/etc/cms-oauth/config.toml'])
  systemd.run(['systemctl', 'enable', '--now', 'cms-oauthd.socket', 'cms-oauthd.service'])
  const mainPid = () =>
    systemd.run(['systemctl', 'show', '--property=MainPID', '--value', 'cms-oauthd.service']).trim()
  const request = async () => {
    const answer = await ask(file(socket), 'SMTP,json user@example.com')
    assert.match(answer, /"error":"sign_in_required"/)
  }
  await request()
  const outboxUnit = 'cms-oauthd-outbox.socket'
  systemd.run(['systemctl', 'cat', outboxUnit])
  writeFileSync(file('/etc/cms-oauth/config.toml'), `${account}${outbox}`)
  // In the order of systemd/README.md: a service that runs lets no socket of its own start.
  systemd.run(['systemctl', 'stop', 'cms-oauthd.socket', 'cms-oauthd.service'])
  systemd.run(['systemctl', 'enable', '--now', outboxUnit])
  systemd.run(['systemctl', 'start', 'cms-oauthd.service'])
  const send = async () => {
    const args = ['--all', `--target=${systemd.pid}`, 'cms-oauth', 'sendmail', 'root']
    const sendmail = execFileLater('nsenter', args)
    sendmail.child.stdin?.end('Subject: backup\n\nAll is well.\n')
    await sendmail
  }
  await send()
  await request()
  const [pid, inode] = [mainPid(), statSync(file(socket)).ino]
  const upgrade = new AbortController()
  let asked = 0
  const asking = (async () => {
    for (; !upgrade.signal.aborted; asked++) await request()
  })()
  let handedOver = 1
  const sending = (async () => {
    for (; !upgrade.signal.aborted; handedOver++) await send()
  })()
  await execFileLater('nsenter', ['--all', `--target=${systemd.pid}`, 'dpkg', '-i', later])
  upgrade.abort()
  await Promise.all([asking, sending])
  const spool = file('/var/lib/cms-oauth/outbox/outbox/new')
  assert.equal(readdirSync(spool).length, handedOver)
  systemd.run(['systemctl', 'is-active', '--quiet', 'cms-oauthd.service'])
  t.diagnostic(`${asked} requests and ${handedOver} mails during the upgrade, all answered`)
  assert.notEqual(mainPid(), pid)
  assert.equal(statSync(file(socket)).ino, inode)
  assert.equal(readFileSync(file('/etc/cms-oauth/config.toml'), 'utf8'), `${account}${outbox}`)
  assert.equal(systemd.run(stat), '750 root cms-oauth\n640 root cms-oauth\n')

  dpkg('--remove', 'cms-oauth')
  for (const path of [socket, '/usr/bin/cms-oauthd']) assert.ok(!existsSync(file(path)), path)
  const unit = ['systemctl', 'show', '--property=ActiveState', '--value', 'cms-oauthd.*']
  assert.equal(systemd.run(unit).trim(), '')
  assert.ok(existsSync(file('/var/lib/cms-oauth')))
  assert.equal(readFileSync(file('/etc/cms-oauth/config.toml'), 'utf8'), `${account}${outbox}`)
  dpkg('-i', package_)
  systemd.run(['systemctl', 'start', 'cms-oauthd.socket', outboxUnit])
  await request()
  dpkg('--purge', 'cms-oauth')
  const left =
    'find /etc /usr /var/lib /run -path "*cms-oauth*" -not -path "*/dpkg/*" -not -path "/run/systemd/*"'
  assert.equal(systemd.run(['sh', '-c', left]), '')
})

test('lintian has nothing to say of it, on both processors', () => {
  for (const arch of ['amd64', 'arm64']) {
    const path = buildPackage(arch)
    const lintian = installedProgram('lintian', 'lintian')
    const { status, stdout, stderr } = spawnSync(lintian, ['--fail-on=error,warning', path], {
      encoding: 'utf8',
    })
    rmSync(path)
    assert.equal(status, 0, stdout + stderr)
  }
})
