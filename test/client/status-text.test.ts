/** The status on screens of every width, with and without colours. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { statusText } from '../../src/client/status-text.ts'
import { screenOf } from '../../src/client/terminal.ts'
import type { AccountState } from '../../src/messages/control-api.ts'
import { accountStatus } from './run-against.ts'
import { assertSentence } from '../support/golden.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const soon = '2026-01-01T00:42:00.000Z'
const words = 'the provider ended the sign-in, since the password of this person was changed'
const answer = {
  version: '1',
  pid: 1,
  accounts: [
    accountStatus({
      user: 'a.longer.name@department.example.com',
      expires_at: soon,
      last_refresh_at: soon,
      ends: [
        {
          what: 'sign_in',
          at: '2026-03-01T00:00:00.000Z',
          is_sliding: true,
          is_near: true,
          reason: 'the provider lets a sign-in expire that was not used for 90 days',
          next_step: 'run "cms-oauth login a.longer.name@department.example.com"',
        },
      ],
    }),
    accountStatus({
      state: 'misconfigured',
      error: {
        error: 'provider_rejected',
        error_description: words,
        hint: 'ask whoever administers the mail of your organization to allow it',
        actor: 'administrator',
        failed_at: soon,
        answer: { status: 400, error: 'invalid_grant', description: `${words} `.repeat(4).trim() },
      },
    }),
  ],
  unused_sign_ins: [{ user: 'old@example.com', signed_in_at: soon, reason: words }],
}

function shown(columns: number | undefined, env: NodeJS.ProcessEnv = {}): string {
  const output = columns === undefined ? { isTTY: false } : { isTTY: true, columns }
  return statusText(answer, now, screenOf(output, env))
}

describe('the status', () => {
  for (const columns of [200, 120, 100, 80, 60]) {
    test(`fits ${columns} columns`, () => {
      const lines = stripVTControlCharacters(shown(columns)).split('\n')
      // An address is never broken.
      const long = lines.filter((line) => line.length > columns && /\s\S+\s/.test(line.trim()))
      assert.deepEqual(long, [])
    })
  }

  test('has state and action on every screen, and all that there is where nobody reads along', () => {
    for (const columns of [80, 60]) {
      assert.match(shown(columns), /active/)
      assertSentence(stripVTControlCharacters(shown(columns)), `in ${columns} columns`, {
        action: 'ask an administrator',
      })
    }
    const [header] = shown(undefined).split('\n')
    assert.deepEqual(header?.split(/ {2,}/), [
      'ACCOUNT',
      'PROVIDER',
      'STATE',
      'TOKEN EXPIRES',
      'LAST REFRESH',
      'ACTION',
      'SIGN-IN EXPIRES',
    ])
  })

  test('has a coloured state on a terminal, and nothing else coloured', () => {
    const text = shown(120)
    assert.ok(text.includes('\u001b[32mactive       \u001b[0m'), text)
    assert.ok(text.includes('\u001b[31mmisconfigured\u001b[0m'), text)
    assert.equal(text.split('\u001b').length, 5)
  })

  test('has no colours with NO_COLOR, with TERM=dumb, or without a terminal', () => {
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      assert.ok(!shown(120, env).includes('\u001b'))
    }
    assert.ok(!shown(undefined).includes('\u001b'))
    assert.ok(shown(120, { NO_COLOR: '', TERM: 'xterm' }).includes('\u001b'))
  })

  test('has a colour for every state', () => {
    const states: AccountState[] = [
      'signed_out',
      'signing_in',
      'active',
      'refreshing',
      'backing_off',
      'sign_in_required',
      'misconfigured',
    ]
    const { paint, columns } = screenOf({ isTTY: true, columns: 80 }, {})
    for (const state of states) {
      const accounts = [accountStatus({ state })]
      const text = statusText({ version: '1', pid: 1, accounts }, now, { paint, columns })
      assert.match(text, new RegExp(`\u001b\\[3\\dm${state.replaceAll('_', ' ')}`))
    }
  })
})

test('an outbox says how long its oldest message has been waiting', () => {
  for (const [age, minutes] of Object.entries({
    none: 0.5,
    minutes: 119,
    hours: 121,
    days: 2_881,
  })) {
    const outbox = {
      name: 'outbox',
      account: 'box@example.com',
      path: '/run/outbox.sock',
      waiting: 1,
      oldest_at: new Date(now - minutes * 60_000).toISOString(),
      last_reason: null,
    }
    const text = statusText(
      { ...answer, accounts: [], unused_sign_ins: [], outboxes: [outbox] },
      now,
      screenOf({ isTTY: false }, {}),
    )
    assertSentence(text.trim().split('\n').at(-1), `an outbox whose oldest message waits: ${age}`)
  }
})

function textWith(...counts: (number | undefined)[]): string {
  const accounts = counts.map((count, index) =>
    accountStatus({
      user: `${index}@example.com`,
      ...(count === undefined ? {} : { bridge_connections: count }),
    }),
  )
  return statusText({ ...answer, accounts, unused_sign_ins: [] }, now, screenOf({}, {}))
}

test('connections of bridges are counted by account, and none is not mentioned', () => {
  assertSentence(textWith(1, 0, 12).trim().split('\n').at(-1), 'connections of bridges')
  assert.doesNotMatch(textWith(0, undefined), /bridge/)
})
