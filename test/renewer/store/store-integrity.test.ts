import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { expectedError } from '../../support/golden.ts'
import { filled, type Place, recordOf, snapshot } from './place.ts'
import { testGrant } from './test-grant.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'

test('a damaged record is refused by name and harms no other', async (t) => {
  const damages: [(path: string, at: Place) => void, string][] = [
    [(path) => truncateSync(path, 0), 'it is not a sealed record'],
    [(path) => truncateSync(path, 45), 'it is truncated'],
    [(path) => flipLastBit(path), 'its content was changed'],
    [(path, at) => copyFileSync(recordOf(at, bob), path), 'it belongs to another account'],
  ]
  for (const [damage, defect] of damages) {
    const at = await filled(t, alice, bob)
    damage(recordOf(at, alice), at)
    const store = await at.open()
    await assert.rejects(
      store.read(alice),
      expectedError('store_unreadable', 'a damaged record is refused by name and harms no other', {
        alice,
        path: recordOf(at, alice),
        defect,
      }),
    )
    assert.equal((await store.read(bob))?.user, bob)
    assert.deepEqual((await store.overview.list([alice]))[0], {
      user: alice,
      signedInAt: 0,
      refreshedAt: 0,
    })
    await store.save(testGrant({ user: alice }))
    assert.equal((await store.read(alice))?.user, alice)
  }
})

function flipLastBit(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  writeFileSync(path, bytes)
}

test('a record that is a symbolic link is not followed', async (t) => {
  const at = await filled(t, alice, bob)
  rmSync(recordOf(at, alice))
  symlinkSync(recordOf(at, bob), recordOf(at, alice))
  const store = await at.open()
  await assert.rejects(
    store.read(alice),
    expectedError('store_unreadable', 'a record that is a symbolic link is not followed', {
      path: recordOf(at, alice),
      other: recordOf(at, bob),
    }),
  )
  assert.equal((await store.read(bob))?.user, bob)
})

test('a record that others may open is refused by name and harms no other', async (t) => {
  const at = await filled(t, alice, bob)
  chmodSync(recordOf(at, alice), 0o604)
  const store = await at.open()
  const expected = { code: 'insecure_file_mode', message: /^others may open the record "[^"]+"$/ }
  await assert.rejects(store.read(alice), expected)
  const summary = { user: alice, signedInAt: 0, refreshedAt: 0 }
  assert.deepEqual(await store.overview.list([alice]), [summary])
  assert.equal((await store.read(bob))?.user, bob)
  chmodSync(recordOf(at, alice), 0o600)
  assert.equal((await store.read(alice))?.user, alice)
})

test('a wrong key is told from damage, and changes not one byte', async (t) => {
  const at = await filled(t, alice, bob)
  writeFileSync(at.keyFile, 'another key of at least 32 bytes length')
  writeFileSync(join(at.stateDirectory, '.0123456789abcdef.tmp'), 'left behind')
  const before = snapshot(at.stateDirectory)
  await assert.rejects(
    at.open(),
    expectedError('store_unreadable', 'a wrong key is told from damage, and changes not one byte'),
  )
  assert.deepEqual(snapshot(at.stateDirectory), before)
})

test('a missing key is not made again beside a store, and changes not one byte', async (t) => {
  const at = await filled(t, alice)
  const before = snapshot(at.stateDirectory)
  rmSync(at.keyFile)
  await assert.rejects(
    at.open(),
    expectedError(
      'store_unreadable',
      'a missing key is not made again beside a store, and changes not one byte',
      { keyFile: at.keyFile },
    ),
  )
  assert.deepEqual(snapshot(join(at.stateDirectory, '..')), before)
})

test('one record of another key costs that account only', async (t) => {
  const at = await filled(t, alice)
  const other = await filled(t, bob)
  copyFileSync(recordOf(other, bob), recordOf(at, bob))
  const store = await at.open()
  assert.equal((await store.read(alice))?.user, alice)
  await assert.rejects(
    store.read(bob),
    expectedError('store_unreadable', 'one record of another key costs that account only', {
      bob,
      path: recordOf(at, bob),
    }),
  )
})
