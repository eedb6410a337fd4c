import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leftOutByDevice } from '../../src/client/left-out-by-device.ts'
import type { AccountStatus } from '../../src/messages/control-api.ts'
import { assertSentence } from '../support/golden.ts'

const user = 'user@example.com'

/** The status of an account with only what this reads. */
function status(fields: Partial<AccountStatus>): AccountStatus {
  return { user, provider: 'office365', sign_in_with: null, ...fields } as AccountStatus
}

const outbox = status({ user: `outbox:${user}`, resource: 'outbox', sign_in_with: user })

test('what has a token of another resource by the same sign-in is named', () => {
  const graph = status({ user: `GRAPH:${user}`, resource: 'GRAPH', sign_in_with: user })
  const told = leftOutByDevice(user, [status({}), outbox, graph])
  assertSentence(told?.message, 'what a device code leaves out', {
    outbox: outbox.user,
    graph: graph.user,
  })
  assertSentence(told?.hint, 'what a device code leaves out: hint', { user })
})

const others: [what: string, accounts: AccountStatus[]][] = [
  ['the account alone', [status({})]],
  [
    'a shared mailbox, whose mail is of the same resource',
    [status({ user: 'shared@x', sign_in_with: user })],
  ],
  ['the outbox of somebody else', [{ ...outbox, sign_in_with: 'other@x' }]],
  ['a server that is asked for all by a device code', [{ ...outbox, provider: 'oidc' }]],
]

for (const [what, accounts] of others) {
  test(`nothing is left out for ${what}`, () => {
    assert.equal(leftOutByDevice(user, accounts), undefined)
  })
}
