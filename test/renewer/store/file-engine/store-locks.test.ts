/** Who may work on a store at a time: one renewer for each issuer, on one host. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockFile } from '../../../../src/kernel/file-lock.ts'
import { expectedError, assertSentence } from '../../../support/golden.ts'
import { filled, locks, place, type Place } from '../place.ts'
import { testGrant } from '../test-grant.ts'

const user = 'user@example.com'
const other = 'https://other.example'
const strict = { kind: 'grant', mayFallBack: false } as const

function temporaries({ stateDirectory }: Place): string[] {
  return readdirSync(stateDirectory).filter((name) => name.endsWith('.tmp'))
}

test('a second renewer of an issuer waits for the first, says so, and gives up in the end', async (t) => {
  const at = await filled(t, user)
  const first = await at.open()
  await first.read(user)
  const impatient = await at.open({ lockLimitMs: 60 })
  await assert.rejects(
    impatient.read(user),
    expectedError(
      'store_locked',
      'a second renewer of an issuer waits for the first, says so, and gives up in the end',
      { stateDirectory: at.stateDirectory },
    ),
  )
  let isToldOf!: (reason: string) => void
  const told = new Promise<string>((resolve) => {
    isToldOf = resolve
  })
  const second = await at.open({ noticeMs: 1, onWaiting: isToldOf })
  const reading = second.read(user)
  assertSentence(await told, 'what a renewer waits for')
  await first.save(testGrant({ user, refreshedAt: 3_000 }))
  await first.close()
  assert.equal((await reading)?.refreshedAt, 3_000)
})

test('opening and listing wait for nobody', async (t) => {
  const at = await filled(t, user)
  await (await at.open()).read(user)
  const second = await at.open({ lockLimitMs: 60_000 })
  assert.equal((await second.overview.list([user])).length, 1)
})

test('renewers of several issuers hold nobody up', async (t) => {
  const at = await filled(t, user)
  const first = await at.open()
  await first.read(user)
  const second = await at.open({ issuer: () => other, lockLimitMs: 0 })
  const users = { mine: 'mine@example.com' }
  await second.save(testGrant({ user: users.mine, issuer: other }))
  assert.equal((await second.read(users.mine))?.issuer, other)
  assert.deepEqual(await first.save(testGrant({ user })), { isDurable: true })
})

test('who is told to wait no more, or closes, waits no more', async (t) => {
  const at = await filled(t, user)
  await (await at.open()).read(user)
  const ending = new AbortController()
  const told = (await at.open({ signal: ending.signal })).read(user)
  ending.abort()
  await assert.rejects(told, { code: 'store_locked' })
  const third = await at.open()
  const refused = assert.rejects(third.read(user), { code: 'store_locked' })
  await third.close()
  await refused
})

test('a late answer does not take the place of a newer sign-in at another issuer', async (t) => {
  const at = await filled(t)
  const [before, after] = [await at.open(), await at.open({ issuer: () => other })]
  await before.save(testGrant({ user, signedInAt: 1 }))
  await after.save(testGrant({ user, signedInAt: 2, issuer: other }))
  await before.save(testGrant({ user, signedInAt: 1, refreshedAt: 9_000 }))
  assert.equal((await after.read(user))?.issuer, other)
  await before.save(testGrant({ user, signedInAt: 3 }))
  assert.equal((await after.read(user))?.signedInAt, 3)
})

test('a store that could not be opened is not held', async (t) => {
  const at = await filled(t, user)
  rmSync(at.keyFile)
  await assert.rejects(at.open(), { code: 'store_unreadable' })
  const lock = lockFile(join(at.stateDirectory, locks.renewer))
  assert.ok(lock)
  lock.close()
  assert.ok(!readdirSync(at.stateDirectory).includes(locks.host))
})

test("another host's renewer is waited for, and named when it does not end", async (t) => {
  const at = await filled(t, user)
  const hostLock = join(at.stateDirectory, locks.host)
  mkdirSync(hostLock)
  writeFileSync(join(hostLock, 'holder'), '{"host":"there","bootId":"b","pid":7}')
  const impatient = await at.open({ lockLimitMs: 1 })
  await assert.rejects(
    impatient.read(user),
    expectedError(
      'store_locked',
      "another host's renewer is waited for, and named when it does not end",
      { stateDirectory: at.stateDirectory },
    ),
  )
  const reading = (await at.open()).read(user)
  rmSync(hostLock, { recursive: true })
  assert.equal((await reading)?.user, user)
})

test('what dead writers left is cleared away at a start, and not what a living one needs', async (t) => {
  const at = await filled(t, user)
  const living = await at.open()
  const reservation = await living.reserve(user, strict)
  const [needed = assert.fail()] = temporaries(at)
  const dead = [needed.replace(/^.{8}/, '.0000000'), '.0123456789abcdef.tmp']
  for (const name of [...dead, '.notes.tmp']) writeFileSync(join(at.stateDirectory, name), 'half')
  await at.open({ issuer: () => other })
  assert.deepEqual(new Set(temporaries(at)), new Set([needed, '.notes.tmp']))
  await reservation.save(testGrant({ user, refreshedAt: 3_000 }))
  assert.equal((await living.read(user))?.refreshedAt, 3_000)
  writeFileSync(join(at.stateDirectory, needed), 'half')
  await living.close()
  await at.open()
  assert.deepEqual(temporaries(at), ['.notes.tmp'])
})

test("another host's living writer keeps its files", async (t) => {
  const at = await filled(t, user)
  const reservation = await (await at.open()).reserve(user, strict)
  const [name = assert.fail()] = temporaries(at)
  reservation.release()
  const foreign = name.replace(/^.{8}/, '.0000000')
  writeFileSync(join(at.stateDirectory, foreign), 'half')
  const hostLock = join(at.stateDirectory, `host-${foreign.slice(1, 17)}.lock`)
  mkdirSync(hostLock)
  await at.open()
  assert.deepEqual(temporaries(at), [foreign])
  rmSync(hostLock, { recursive: true })
  await at.open()
  assert.deepEqual(temporaries(at), [])
})

test('a lock is not inherited by what its holder starts', async (t) => {
  const at = place(t)
  const store = await at.open({
    key: { from: 'command', argv: ['sh', '-c', 'sleep 60 >/dev/null 2>&1 & printf %064d 7'] },
  })
  await store.save(testGrant({ user }))
  await store.close()
  const lock = lockFile(join(at.stateDirectory, locks.renewer))
  assert.ok(lock)
  lock.close()
})
