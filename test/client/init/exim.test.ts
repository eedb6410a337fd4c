/** What `init` does for exim, whose tokens come from the system's daemon. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../../src/configuration-file/load.ts'
import { type Home, runClient } from '../../support/daemon.ts'
import { temporaryHome } from '../run-against.ts'

const user = 'me@example.com'
const clientId = '01234567-89ab-cdef-0123-456789abcdef'

function init(home: Home, answers: readonly string[]) {
  return runClient(home, ['init'], answers.map((answer) => `${answer}\n`).join(''))
}

/** Office365, a person, the domain as tenant. */
function office365(mailProgram: string): string[] {
  return [user, '', '', clientId, '', 'yes', mailProgram]
}

test('exim gets the commands for root, and a configuration that nobody finds before', async (t) => {
  const home = await temporaryHome(t)
  const { stdout } = await init(home, office365('exim4'))
  assert.ok(!existsSync(home.configFile))
  const file = join(dirname(home.configFile), 'system', 'config.toml')
  const { sockets } = loadConfiguration({ file, env: home.env })
  assert.deepEqual([sockets[1]?.path, sockets[1]?.reply], ['/run/cms-oauth/exim.sock', 'xoauth2'])
  const authenticator = await readFile(join(dirname(file), 'authenticator'), 'utf8')
  assert.ok(authenticator.includes(`\${readsocket{/run/cms-oauth/exim.sock}{SMTP ${user}}}`))
  for (const command of [
    `install -m 640 -g cms-oauth ${file} /etc/cms-oauth/config.toml`,
    `cp ${dirname(file)}/debian-transport /etc/exim4/conf.d/transport/30_exim4-config_remote_smtp_smarthost_cms-oauth`,
    `cms-oauth login ${user} --paste`,
    `sudo -u Debian-exim cms-oauth --user=${user} --cms_sock=/run/cms-oauth/exim.sock --test-smtp=smtp.office365.com:587`,
  ]) {
    assert.ok(stdout.includes(`\n  ${command}\n`), command)
  }
})

test('exim again, for the same account and for another one: what is there is added to', async (t) => {
  const home = await temporaryHome(t)
  await init(home, office365('exim4'))
  const file = join(dirname(home.configFile), 'system', 'config.toml')
  const before = await readFile(file, 'utf8')
  const again = await init(home, [user, 'yes'])
  assert.equal(again.status, 0, again.stderr)
  assert.ok(again.stdout.includes(`\n  cms-oauth login ${user} --paste\n`), again.stdout)
  assert.equal(await readFile(file, 'utf8'), before)
  const second = 'you@example.com'
  const { status, stdout } = await init(home, [second, '', '', clientId, '', 'yes', 'exim4'])
  assert.equal(status, 0)
  for (const line of [`added to ${file}`, `  cms-oauth login ${second} --paste`]) {
    assert.ok(stdout.includes(`\n${line}\n`), stdout)
  }
  assert.match(stdout, /\n {2}# The authenticator [^\n]+\$sender_address/)
  const { accounts, sockets } = loadConfiguration({ file, env: home.env })
  assert.deepEqual([accounts.map((account) => account.user), sockets.length], [[user, second], 2])
})

test('an account of the own daemon is asked for again where exim is to have it', async (t) => {
  const home = await temporaryHome(t)
  await init(home, office365('none'))
  const { status, stderr } = await init(home, [user, 'yes', 'exim4', '', clientId, ''])
  assert.deepEqual([status, stderr], [0, ''])
  const file = join(dirname(home.configFile), 'system', 'config.toml')
  const { accounts } = loadConfiguration({ file, env: home.env })
  assert.equal(accounts[0]?.user, user)
})

test('an earlier configuration for exim that is wrong is named before any question', async (t) => {
  const home = await temporaryHome(t)
  const { stdout: first } = await init(home, [user, '', '', '', '', 'yes', 'exim4'])
  assert.match(first, /\n {2}# [^\n]* EDIT [^\n]*system\/config\.toml\.\n/)
  const { status, stdout, stderr } = await init(home, [user, 'yes'])
  assert.deepEqual([status, stdout], [78, ''])
  assert.match(stderr, /system\/config\.toml:\d+: key "client_id"/)
})
