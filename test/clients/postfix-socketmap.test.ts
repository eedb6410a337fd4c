/** A socket with `reply = "socketmap"`, asked by the maps of Postfix themselves. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { type RunningDaemon, runProgram } from '../support/daemon.ts'
import { installedPostfix } from '../support/postfix.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

let world: World
let daemon: RunningDaemon
let map: string
let config: string

before(async () => {
  world = await createWorld()
  map = join(world.home.directory, 'map.sock')
  const sockets = `[[socket]]\n[[socket]]\npath = "${map}"\nreply = "socketmap"\n`
  daemon = await startSignedIn(world, `${accountToml(world)}${sockets}`)
  config = mkdtempSync(join(tmpdir(), 'postfix-map-'))
  writeFileSync(join(config, 'main.cf'), 'compatibility_level = 3.6\n')
})

after(async () => {
  rmSync(config, { recursive: true })
  await world.close()
})

/** What postmap(1) finds. */
function lookUp(...keys: string[]) {
  const unpacked = installedPostfix()
  const env = { PATH: process.env['PATH'], LD_LIBRARY_PATH: `${unpacked}/usr/lib/postfix` }
  const wanted = keys.length === 1 ? keys : ['-']
  const args = ['-c', config, '-q', ...wanted, `socketmap:unix:${map}:tokens`]
  return runProgram(`${unpacked}/usr/sbin/postmap`, args, env, keys.join('\n'))
}

const tokenNow = async () =>
  (await askSocket(world.home.tokenSocket, `SMTP,token ${world.user}`, 5_000)).toString()

test('postmap finds the token of an address, and the new one after a refresh', async () => {
  for (let round = 0; round < 2; round++) {
    const { status, stdout, stderr } = await lookUp(world.user)
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(stdout, `${world.user}:${await tokenNow()}\n`)
    await daemon.control.refresh(world.user)
  }
})

test('what is not there is not found, which is not an error', async () => {
  for (const key of ['other@example.com', '[smtp.example.com]:587']) {
    assert.deepEqual(await lookUp(key), { status: 1, stdout: '', stderr: '' })
  }
})

test('one connection of Postfix asks for many keys', async () => {
  const { status, stdout } = await lookUp('other@example.com', world.user, '[host]:25', world.user)
  const line = `${world.user}\t${world.user}:${await tokenNow()}\n`
  assert.deepEqual([status, stdout], [0, line + line])
})

test('where somebody must sign in, and where no daemon is, Postfix tries again, and says why', async () => {
  await daemon.control.forgetGrant(world.user, false)
  const { status, stderr } = await lookUp(world.user)
  assert.equal(status, 1)
  assert.match(stderr, /socketmap server temporary error: "user@example\.com" was signed out/)
  await daemon.stop()
  const without = await lookUp(world.user)
  assert.equal(without.status, 1)
  assert.match(without.stderr, /query error/)
})
