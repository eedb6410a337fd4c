/**
 * The user units in the manager of a user (`systemd --user`) of a systemd that is really booted: the socket starts
 * the daemon, which comes back after a kill, and its children confine themselves without any help of the unit.
 * The store's key is in a file, then in the keyring of the session. Needs root, systemd's programs, gnome-keyring and
 * secret-tool. Takes half a minute.
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { bootSystemd } from './booted-systemd.ts'
import { requireRoot } from './require-root.ts'

const root = join(import.meta.dirname, '..', '..')
const [uid, home] = [4_321, '/home/me']
const runtime = `/run/user/${uid}`
const control = `${runtime}/cms-oauth/control.sock`

/** What logind starts where there is one. */
const manager = `[Service]
User=me
Type=notify
Delegate=yes
Environment=XDG_RUNTIME_DIR=${runtime} HOME=${home}
ExecStart=/lib/systemd/systemd --user --unit=basic.target
`
const configuration =
  '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

test('in the manager of a user the socket starts the daemon, which comes back, and is confined', async (t) => {
  requireRoot()
  const systemd = await bootSystemd(t)
  while (!existsSync(`${systemd.root}/run/cms-oauth/cms.sock`)) await delay(20)
  systemd.run(['sh', '-c', 'systemctl is-system-running --wait || true'])
  systemd.run(['useradd', '--create-home', `--home-dir=${home}`, `--uid=${uid}`, 'me'])
  const [units, files] = [`${home}/.config/systemd/user`, `${home}/.config/cms-oauth`]
  for (const path of [units, files]) mkdirSync(systemd.root + path, { recursive: true })
  cpSync(join(root, 'systemd', 'user'), systemd.root + units, { recursive: true })
  writeFileSync(`${systemd.root}${files}/config.toml`, configuration, { mode: 0o600 })
  writeFileSync(`${systemd.root}/etc/systemd/system/user-manager.service`, manager)
  systemd.run(['chown', '-R', 'me:', home])
  systemd.run(['install', '-d', '-o', 'me', '-m', '700', runtime])
  systemd.run(['systemctl', 'daemon-reload'])
  systemd.run(['systemctl', 'start', 'user-manager.service'])

  const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const env = ['env', `HOME=${home}`, `XDG_RUNTIME_DIR=${runtime}`]
  const asUser = (...words: string[]) => systemd.run(['setpriv', ...ids, ...env, ...words])
  const ask = () => asUser('cms-oauth', '--user=user@example.com', '--output=token')
  asUser('systemctl', '--user', 'start', 'cms-oauthd.socket')
  assert.throws(ask, { status: 77 })
  assert.match(asUser('cms-oauth', 'status'), /signed out/)

  asUser('systemctl', '--user', 'kill', '--signal=KILL', 'cms-oauthd.service')
  assert.throws(ask, { status: 77 })
  while (!existsSync(systemd.root + control)) await delay(20)
  // "doctor" cannot reach the provider from here.
  const report = asUser('sh', '-c', 'cms-oauth doctor || true')
  assert.match(report, /^ok +confinement +bridge, outbox, sender and renewer open only/m)
  assert.match(report, /^ok +key +\S+store\.key/m)
  const state = asUser('systemctl', '--user', 'show', '--property=NRestarts', 'cms-oauthd.service')
  assert.equal(state.trim(), 'NRestarts=1')

  // With the store's key in the keyring of the session, which is opened by a password as a log-in does.
  asUser('systemctl', '--user', 'start', 'dbus.socket')
  const bus = `DBUS_SESSION_BUS_ADDRESS=unix:path=${runtime}/bus`
  asUser('systemctl', '--user', 'set-environment', bus)
  const keyring = 'gnome-keyring-daemon --components=secrets'
  asUser(
    'sh',
    '-c',
    `printf password | env ${bus} ${keyring} --unlock --daemonize > /dev/null 2>&1`,
  )
  const inKeyring = `${configuration}[store]\nkey = "keyring"\n`
  writeFileSync(`${systemd.root}${files}/config.toml`, inKeyring, { mode: 0o600 })
  asUser('systemctl', '--user', 'restart', 'cms-oauthd.service')
  assert.throws(ask, { status: 77 })
  assert.match(asUser('sh', '-c', 'cms-oauth doctor || true'), /^ok +key +.*keyring/m)
})
