/**
 * A store in an etcd gets other keys: how long that takes for 10,000 sign-ins, and what is there when it is
 * killed at many moments.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../support/daemon.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { prefix } from '../support/etcd/users.ts'
import {
  type KeyedConfiguration,
  readableWith,
  type SealedStore,
  startSealedStore,
} from '../support/fleet/sealed-store.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
const timed = 10_000
const killed = { signIns: 600, moments: 40 }

/** Seals all of it again, to the end; how long that takes, in ms. */
async function rekey({ home }: SealedStore, from: KeyedConfiguration, to: KeyedConfiguration) {
  const beganAt = performance.now()
  const run = await runProgram(program, ['--rekey', from.file, to.file], home.env)
  return { ...run, tookMs: performance.now() - beganAt }
}

/**
 * Begins it, and kills it when the engine has taken so many writes of it: with all its processes, or only the one that was
 * started, which leaves the one that seals alone.
 */
async function killAfter(
  { home, client }: SealedStore,
  [from, to]: readonly [KeyedConfiguration, KeyedConfiguration],
  writes: number,
  isWhole: boolean,
): Promise<void> {
  const words = ['--rekey', from.file, to.file]
  const { revision } = await client.getAll([prefix])
  const watching = recordWatch(client, prefix, String(Number(revision) + 1))
  const child = spawn(program, words, { env: home.env, stdio: 'ignore', detached: true })
  const closed = once(child, 'close')
  await Promise.race([watching.received(writes), closed])
  const { pid, exitCode } = child
  if (pid !== undefined && exitCode === null) process.kill(isWhole ? -pid : pid, 'SIGKILL')
  await closed
  watching.watch.close()
}

test('10,000 sign-ins and their tokens are sealed again', async (t) => {
  const store = await startSealedStore(t, timed)
  const { one, other } = store
  const { status, stdout, stderr, tookMs } = await rekey(store, one, other)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^20000 records/)
  t.diagnostic(`${(tookMs / 1_000).toFixed(1)} s`)
  const all = { grants: timed, tokens: timed, isNamed: true }
  assert.deepEqual(await readableWith(store, other), all)
  assert.deepEqual(await readableWith(store, one), { grants: 0, tokens: 0, isNamed: false })
})

test('killed at any moment it goes on from there, and no record is lost or left behind', async (t) => {
  const { signIns, moments } = killed
  const store = await startSealedStore(t, signIns)
  // The last write is that of "meta".
  const all = 2 * signIns + 1
  let [from, to] = [store.other, store.one]
  const seen = { between: 0, done: 0, repeated: 0 }
  for (let moment = 1; moment <= moments; moment++) {
    ;[from, to] = [to, from]
    const isWhole = moment % 2 === 0
    await killAfter(store, [from, to], Math.floor((all * moment) / moments), isWhole)
    if (isWhole) {
      const [before, after] = [await readableWith(store, from), await readableWith(store, to)]
      assert.equal(before.grants + after.grants, signIns, `moment ${moment}`)
      assert.equal(before.tokens + after.tokens, signIns, `moment ${moment}`)
      assert.notEqual(before.isNamed, after.isNamed)
      // Whoever is let in has all that was there.
      if (after.isNamed) assert.deepEqual([after.grants, after.tokens], [signIns, signIns])
      assert.ok(after.grants + after.tokens > 0)
      seen[before.grants + before.tokens > 0 ? 'between' : 'done'] += 1
    }
    for (;;) {
      const { status, stderr } = await rekey(store, from, to)
      if (status === 0) break
      // The other process was left alone with it, and still writes.
      assert.equal(status, 75, stderr)
      assert.equal(isWhole, false, stderr)
      seen.repeated += 1
    }
    const whole = { grants: signIns, tokens: signIns, isNamed: true }
    assert.deepEqual(await readableWith(store, to), whole, `moment ${moment}`)
    const none = { grants: 0, tokens: 0, isNamed: false }
    assert.deepEqual(await readableWith(store, from), none, `moment ${moment}`)
  }
  t.diagnostic(JSON.stringify(seen))
  assert.ok(seen.between > moments / 4, 'it was killed in the midst of it')
})
