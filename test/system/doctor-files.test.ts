/** What `cms-oauth doctor` says of files, of the proxy and of programs, and that none of it is secret. */
import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Result, runClient, startDaemon } from '../support/daemon.ts'
import { signedIn, troubles, user } from '../support/doctor-world.ts'
import { assertSentence } from '../support/golden.ts'

/** What is said of a place, once: a renewer that has to be started meets the fault first. */
function faultOf({ stdout }: Result, place: string): string {
  const lines = stdout.split('\n').filter((line) => /^(?:failure|warning) /.test(line))
  const [line = '', ...more] = lines.filter((each) => each.includes(place))
  assert.deepEqual(more, [])
  assert.match(line, /^failure +(?:renewer|store|key) /)
  return line.slice(24)
}

test('the proxy on the way is named, without its password', async (t) => {
  const world = await signedIn(t)
  await world.daemon.stop()
  const proxy = 'http://name:canary-password@localhost:1'
  world.daemon = await startDaemon(world.home, { HTTPS_PROXY: proxy })
  const result = await runClient(world.home, ['doctor'])
  assert.equal(result.status, 75)
  const names = { proxy: '"localhost:1"', errno: 'ECONNREFUSED' }
  assertSentence(troubles(result, 'provider'), 'a proxy out of reach', names)
  assert.match(result.stdout, /-> .*HTTPS_PROXY and NO_PROXY/s)
  assert.doesNotMatch(result.stdout + result.stderr, /canary/)
})

test('files that others may open are named, and so is a key that is gone', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  const key = join(home.directory, 'config', 'cms-oauth', 'store.key')
  const [record = ''] = (await readdir(home.stateDirectory)).filter((name) =>
    name.endsWith('.grant'),
  )
  await chmod(key, 0o644)
  // Of root, which the tests may run as, a file that its group may read is the administrator's choice.
  await chmod(join(home.stateDirectory, record), 0o644)
  const open = await runClient(home, ['doctor'])
  assert.equal(open.status, 78)
  assertSentence(faultOf(open, key), 'a key that others may open', { key })
  const path = join(home.stateDirectory, record)
  assertSentence(faultOf(open, path), 'a record that others may open', { path })
  await chmod(home.stateDirectory, 0o777)
  const place = `"${home.stateDirectory}"`
  const writable = faultOf(await runClient(home, ['doctor']), place)
  assertSentence(writable, 'a directory that everybody may write', { place })
  await rm(key)
  const gone = await runClient(home, ['doctor'])
  assertSentence(faultOf(gone, key), 'a key that is gone', { key })
})

test('nothing of what doctor prints is secret', async (t) => {
  const claims = { aud: 'https://outlook.office.com', oid: 'canary-oid', upn: 'canary-upn' }
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
  const world = await signedIn(t, { access_token: `canary-head.${payload}.canary-signature` })
  const results = [await runClient(world.home, ['doctor'])]
  const description = `no canary-refresh-1 and no ${payload}`
  world.server.answer({
    status: 400,
    body: { error: 'invalid_grant', error_description: description },
  })
  await runClient(world.home, ['refresh', user])
  results.push(await runClient(world.home, ['doctor']), await runClient(world.home, ['status']))
  const { stdout } = await runClient(world.home, ['status', '--json'])
  const told = JSON.stringify(results) + stdout
  assert.match(told, /for \\"https:\/\/outlook\.office\.com\\"/)
  assert.doesNotMatch(told, /canary/)
  assert.ok(!told.includes(payload))
})

test('what only a sign-in or a notice would show is found before, with a daemon and without', async (t) => {
  const world = await signedIn(t)
  const { home } = world
  const toml = await readFile(home.configFile, 'utf8')
  await home.configure(`${toml}[notify]\ncommand = ["/nowhere/tell"]\n`)
  const names = { setting: '[notify] command', program: '/nowhere/tell' }
  const running = await runClient(home, ['doctor'])
  assertSentence(troubles(running, 'program'), 'a program that is not there', names)
  await world.daemon.stop()
  const stopped = await runClient(home, ['doctor'])
  assertSentence(troubles(stopped, 'program'), 'a program that is not there', names)
  world.daemon = await startDaemon(home)
})
