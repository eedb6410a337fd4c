import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { expectedError } from '../../support/golden.ts'
import { filled, issuer, locks, place, recordOf, snapshot } from './place.ts'
import { testGrant } from './test-grant.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'

test('a grant that was saved is there when the store is opened again', async (t) => {
  const at = await filled(t, alice)
  const store = await at.open()
  const grant = await store.read(alice)
  assert.equal(grant?.renewal.refreshToken.reveal(), 'canary-refresh-token')
  assert.equal(await store.read(bob), undefined)
  assert.deepEqual(await store.overview.list([alice, bob]), [
    { user: alice, signedInAt: 1_000, refreshedAt: 2_000 },
  ])
})

test('a closed store leaves its records, its lock file and nothing else', async (t) => {
  const at = await filled(t, alice)
  const names = [basename(recordOf(at, alice)), locks.renewer]
  assert.deepEqual(new Set(readdirSync(at.stateDirectory)), new Set(names))
})

test('no token and no key is written in clear', async (t) => {
  const at = await filled(t, alice)
  const key = readFileSync(at.keyFile, 'utf8').trim()
  for (const text of snapshot(at.stateDirectory).values()) {
    assert.ok(!text.includes('canary') && !text.includes(key))
  }
})

test('an address can be anything without leaving the directory', async (t) => {
  const users = ['../../a@b', 'A@b', 'a@b', '\u0000@b', `${'ä'.repeat(400)}@b`, '.@b', 'a@b/']
  const at = await filled(t, ...users)
  const store = await at.open()
  for (const user of users) assert.equal((await store.read(user))?.user, user)
  assert.equal((await store.overview.list(users)).length, users.length)
})

test('a grant that is removed is gone for good', async (t) => {
  const at = await filled(t, alice, bob)
  const store = await at.open()
  assert.equal(await store.remove(alice), true)
  assert.equal(await store.remove(alice), false)
  assert.equal(await store.read(alice), undefined)
  await store.close()
  assert.deepEqual(
    (await (await at.open()).overview.list([alice, bob])).map(({ user }) => user),
    [bob],
  )
})

test('a state directory that others may write is refused', async (t) => {
  const at = place(t)
  mkdirSync(at.stateDirectory)
  chmodSync(at.stateDirectory, 0o777)
  await assert.rejects(
    at.open(),
    expectedError('insecure_file_mode', 'a state directory that others may write', {
      directory: at.stateDirectory,
    }),
  )
  assert.deepEqual(readdirSync(at.stateDirectory), [])
})

const moduleUrl = new URL('../../../src/renewer/store/open-file-store.ts', import.meta.url).href
const grantUrl = new URL('test-grant.ts', import.meta.url).href

test('a renewer that is killed holds nobody up, and what it acknowledged is there', async (t) => {
  const at = await filled(t, bob)
  const program = `
    import { openFileStore } from '${moduleUrl}'
    import { testGrant } from '${grantUrl}'
    const [stateDirectory, path] = process.argv.slice(1)
    const store = await openFileStore({ stateDirectory, key: { from: 'file', path }, onDurable() {}, issuer: () => '${issuer}' })
    process.on('disconnect', () => process.exit())
    for (let refreshedAt = 1; ; refreshedAt++) {
      await store.save(testGrant({ user: '${alice}', refreshedAt }))
      process.send(refreshedAt, undefined, undefined, () => {})
      await new Promise(setImmediate)
    }`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program]
  argv.push(at.stateDirectory, at.keyFile)
  for (const wanted of [1, 9, 30]) {
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    let acknowledged = 0
    child.on('message', (refreshedAt: number) => {
      acknowledged = refreshedAt
      if (refreshedAt === wanted) child.kill('SIGKILL')
    })
    await once(child, 'close')
    // Its host lock is ours to break: no wait until it is stale.
    const store = await at.open({ lockLimitMs: 1 })
    const grant = await store.read(alice)
    assert.ok((grant?.refreshedAt ?? 0) >= acknowledged && acknowledged >= wanted)
    assert.equal((await store.read(bob))?.user, bob)
    await store.close()
  }
})

function other(user: string, signedInAt = 1_000) {
  return { user, signedInAt, issuer: 'https://issuer.example' }
}

test('the records of others are told, with whose and who gave them', async (t) => {
  const at = await filled(t, alice, bob)
  const unconfirmed = 'carol@example.com'
  const store = await at.open()
  const room = await store.reserve(unconfirmed, { kind: 'unconfirmed', mayFallBack: false })
  await room.save(testGrant({ user: unconfirmed, signedInAt: 5 }))
  assert.deepEqual(await store.overview.listOthers([alice]), [other(bob), other(unconfirmed, 5)])
  assert.deepEqual(await store.overview.listOthers([alice, bob, unconfirmed]), [])
  assert.deepEqual((await store.overview.listOthers([alice.toUpperCase()]))[0], other(alice))
})

test('of a damaged record only the address is shown, of a file of another name nothing', async (t) => {
  const at = await filled(t, alice, bob)
  const sealed = readFileSync(recordOf(at, bob))
  writeFileSync(recordOf(at, bob), sealed.subarray(0, -1))
  writeFileSync(recordOf(at, 'stranger@example.com'), sealed)
  writeFileSync(recordOf(at, 'empty@example.com'), '')
  const store = await at.open()
  assert.deepEqual(await store.overview.listOthers([alice]), [
    { user: bob, signedInAt: 0, issuer: '' },
  ])
})
