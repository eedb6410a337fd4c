/** Sockets whose names are gone, or lead to another process's, and what a reload makes of that. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, lstatSync, rmSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'
import { runClient } from '../support/daemon.ts'
import { askSocket } from '../../src/socket-client/ask-socket.ts'

/** A daemon with a socket of each kind. */
async function start(t: TestContext) {
  const world = await createWorld()
  t.after(() => world.close())
  const directory = join(world.home.directory, 'run', 'cms-oauth')
  const pathOf = (name: string) => join(directory, `${name}.sock`)
  const others = [
    '[[socket]]',
    `[[bridge]]\naccounts = ["${world.user}"]\nprotocol = "SMTP"\nlisten = ["${pathOf('bridge')}"]\nserver = "localhost:1"`,
    `[[outbox]]\naccount = "${world.user}"\nvia = "smtp"\nhost = "localhost"\npath = "${pathOf('outbox')}"\nnotice_to = "${world.user}"`,
  ].join('\n')
  const daemon = await startSignedIn(world, `${accountToml(world)}${others}\n`)
  t.after(() => daemon.stop())
  const paths = ['cms', 'control', 'bridge', 'outbox'].map(pathOf)
  const reload = async (event: string) => {
    const since = daemon.log.length
    daemon.process.kill('SIGHUP')
    await daemon.logged((line) => line.event === event, since)
  }
  const token = async () =>
    (await askSocket(pathOf('cms'), `SMTP,token ${world.user}`, 5_000)).toString()
  return { world, daemon, directory, paths, pathOf, reload, token }
}

test('sockets whose names are gone are there again after a reload, and serve', async (t) => {
  const { world, daemon, directory, paths, reload, token } = await start(t)
  for (const lose of [
    () => paths.forEach((path) => unlinkSync(path)),
    () => rmSync(directory, { recursive: true }),
  ]) {
    lose()
    await reload('configuration.applied')
    for (const path of paths) assert.ok(lstatSync(path).isSocket(), path)
    assert.notEqual(await token(), '')
    assert.equal((await daemon.control.accounts()).accounts.length, 1)
    assert.equal((await runClient(world.home, ['outbox', 'list', '--json'])).status, 0)
  }
  const before = paths.map((path) => lstatSync(path).ino)
  await reload('configuration.applied')
  assert.deepEqual(
    paths.map((path) => lstatSync(path).ino),
    before,
  )
})

test('the socket of another process that took the name stays, and the reload says whose it is', async (t) => {
  const { daemon, pathOf, reload } = await start(t)
  unlinkSync(pathOf('cms'))
  const other = createServer((client) => client.end())
  t.after(() => other.close())
  other.listen(pathOf('cms'))
  await once(other, 'listening')
  const { ino } = lstatSync(pathOf('cms'))
  await reload('configuration.refused')
  assert.equal(daemon.log.at(-1)?.['code'], 'store_locked')
  assert.equal(lstatSync(pathOf('cms')).ino, ino)
  await daemon.stop()
  assert.ok(existsSync(pathOf('cms')))
})
