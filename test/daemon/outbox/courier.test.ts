/** A delivery whose token is not accepted: another one, once, where there is one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutboxConfiguration } from '../../../src/configuration/outbox-configuration.ts'
import { Courier } from '../../../src/daemon/outbox/courier.ts'
import type { RefusedToken } from '../../../src/daemon/tokens/refused-tokens.ts'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import { Secret } from '../../../src/logging/secret.ts'
import type { DeliveryOutcome } from '../../../src/messages/sender-messages.ts'

const user = 'user@example.com'
const route = { via: 'smtp', server: 'smtp.example.com:587' }
const outbox = { account: user, spool: '/spool', route } as OutboxConfiguration
const refused: DeliveryOutcome = {
  kind: 'token_refused',
  actor: 'you',
  reason: 'not accepted',
  hint: 'refresh',
}
const delivered: DeliveryOutcome = { kind: 'delivered', refused: [] }

/** Delivers with a server that answers so in turn. */
async function deliver(outcomes: DeliveryOutcome[], replace: () => Promise<boolean>, messages = 1) {
  const used: string[] = []
  const asked: RefusedToken[] = []
  let number = 1
  const courier = new Courier({
    tokens: {
      serve: () => ({ accessToken: new Secret(`T${number}`), fingerprint: `f${number}` }) as never,
    },
    refusedTokens: {
      replace: (what) => {
        asked.push(what)
        number += 1
        return replace()
      },
    },
    findAccount: () => undefined,
    deliver: async ({ accessToken }) => {
      used.push(accessToken)
      return outcomes.shift() ?? refused
    },
  })
  let outcome = await courier.deliver(outbox, 'id')
  for (let sent = 1; sent < messages; sent++) outcome = await courier.deliver(outbox, 'id')
  return { outcome, used, asked }
}

test('another token is used for the second try', async () => {
  const { outcome, used, asked } = await deliver([refused, delivered], async () => true)
  assert.deepEqual(outcome, delivered)
  assert.deepEqual(used, ['T1', 'T2'])
  assert.deepEqual(asked, [
    { user, fingerprint: 'f1', message: 'not accepted', wasAccepted: false },
  ])
})

test('the second refusal is the last, and says who must act', async () => {
  const { outcome, used } = await deliver([], async () => true)
  assert.deepEqual(outcome, { ...refused, kind: 'later' })
  assert.deepEqual(used, ['T1', 'T2'])
})

test('where there is no other token the message waits at once', async () => {
  const { outcome, used } = await deliver([], async () => false)
  assert.deepEqual(outcome, { ...refused, kind: 'later' })
  assert.deepEqual(used, ['T1'])
})

test('whether the token was accepted before is told', async () => {
  for (const [before, wasAccepted] of [
    [[delivered], [true]],
    [
      [refused, delivered],
      [false, true],
    ],
    [
      [refused, refused],
      [false, false],
    ],
  ] as const) {
    let replacements = before.length - 1
    const { asked } = await deliver([...before], async () => replacements-- > 0, 2)
    assert.deepEqual(
      asked.map((each) => each.wasAccepted),
      wasAccepted,
    )
  }
})

test('why there is none is what it waits for', async () => {
  const error = new ProviderUnavailableError('no route', { hint: 'wait' })
  const { outcome } = await deliver([], () => Promise.reject(error))
  assert.ok(outcome.kind === 'later')
  assert.deepEqual([outcome.actor, outcome.reason, outcome.isOfWay], ['nobody', 'no route', true])
})
