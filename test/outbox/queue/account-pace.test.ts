/** How long an account waits after a failure. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryOutcome } from '../../../src/messages/sender-messages.ts'
import { AccountPace } from '../../../src/outbox/queue/account-pace.ts'

type Later = Extract<DeliveryOutcome, { kind: 'later' }>

const retryMs = [30_000, 60_000, 1_800_000]
const hourMs = 3_600_000
const away: Later = { kind: 'later', actor: 'nobody', reason: 'no answer', hint: '' }

/** The wait after each of these failures in turn, to the second. */
function waitsOf(failures: readonly Later[], random = 0.5): number[] {
  const pace = new AccountPace(() => random)
  return failures.map((failure) => {
    pace.failed(failure, retryMs)
    return Math.round(pace.waitMs / 1_000) * 1_000
  })
}

test('pauses grow as configured, and the last repeats', () => {
  assert.deepEqual(waitsOf([away, away, away, away]), [...retryMs, 1_800_000])
})

test('while somebody must act it is tried every hour', () => {
  assert.deepEqual(waitsOf([{ ...away, actor: 'you' }]), [hourMs])
})

test('where two messages may each have failed for what they are, others need not wait for somebody', () => {
  const odd: Later = { ...away, actor: 'you', isOfMessage: true }
  assert.deepEqual(waitsOf([odd, odd, odd]), retryMs)
})

test('what the provider asks for takes the place of the pause, up to an hour', () => {
  const asked = (retryAfterMs: number): Later => ({ ...away, retryAfterMs })
  const waits = waitsOf([away, away, away, asked(120_000), asked(5_000), asked(10 * hourMs)])
  assert.deepEqual(waits.slice(3), [120_000, 30_000, hourMs])
})

test('who is impatient does not come before what the provider asked for', () => {
  const pace = new AccountPace()
  pace.failed({ ...away, retryAfterMs: 120_000 }, retryMs)
  pace.hurry()
  assert.ok(pace.waitMs > 119_000)
  pace.failed(away, retryMs)
  pace.hurry()
  assert.equal(pace.waitMs, 0)
})
