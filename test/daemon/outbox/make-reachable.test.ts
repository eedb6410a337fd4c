/** Whoever may open the socket of an outbox gets to it, whatever the umask is. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeReachable } from '../../../src/daemon/outbox/make-reachable.ts'

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  const umask = process.umask(0o077)
  t.after(() => {
    process.umask(umask)
    rmSync(directory, { recursive: true })
  })
  return directory
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

test('directories that are missing are made for all to search, those that are there stay', (t) => {
  const directory = scratch(t)
  const there = join(directory, 'there')
  mkdirSync(there, { mode: 0o700 })
  makeReachable([{ path: join(there, 'new', 'outbox.sock'), mode: 0o666 }])
  assert.equal(modeOf(there), 0o700)
  assert.equal(modeOf(join(there, 'new')), 0o755)
})

test('the runtime directory becomes one of them, as soon as a socket in it is for others', (t) => {
  const runtime = join(scratch(t), 'cms-oauth')
  mkdirSync(runtime, { mode: 0o700 })
  makeReachable([{ path: join(runtime, 'outbox.sock'), mode: 0o600 }], runtime)
  assert.equal(modeOf(runtime), 0o700)
  makeReachable([{ path: join(runtime, 'outbox.sock'), mode: 0o660 }], runtime)
  assert.equal(modeOf(runtime), 0o755)
})

test('nothing is made for a socket that is ours alone, and no trouble is made of what cannot be', (t) => {
  const directory = scratch(t)
  makeReachable([{ path: join(directory, 'a', 'outbox.sock'), mode: 0o600 }])
  assert.equal(existsSync(join(directory, 'a')), false)
  makeReachable([{ path: '/proc/none/outbox.sock', mode: 0o666 }])
})
