/** Each row of the tables of refusals, and what every row must keep. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { actorOf } from '../../../src/errors.ts'
import type { AccountFacts } from '../../../src/mail/account-facts.ts'
import { refusalScope, refusal } from '../../../src/mail/refusal.ts'
import {
  findRefusal,
  refusalRows,
  type ServerReply,
} from '../../../src/mail/refusals/find-refusal.ts'
import type { RefusalRow, Remedy } from '../../../src/provider-facts/refusals/refusal-row.ts'
import { assertSentence } from '../../support/golden.ts'

const facts: AccountFacts = { user: 'user@example.com', provider: undefined, isAppOnly: false }

/** The conversations in which a row's example may come. */
function conversationsOf({ protocols, stages, example, words }: RefusalRow): ServerReply[] {
  const [code = '', ...text] = example.split(' ')
  const fits = {
    SMTP: /^\d{3}$/.test(code),
    IMAP: /^(?:NO|BAD|BYE|PREAUTH)$/.test(code),
    POP: code === '-ERR',
  }
  const all = (protocols ?? (['SMTP', 'IMAP', 'POP'] as const)).filter((protocol) => fits[protocol])
  const anywhere = words === undefined ? (['login'] as const) : (['login', 'select'] as const)
  return all.flatMap((protocol) =>
    (stages ?? anywhere).map((stage) => ({ protocol, stage, code, text: text.join(' ') })),
  )
}

function remediesOf(row: RefusalRow): Remedy[] {
  return [row, ...(row.appOnly === undefined ? [] : [row.appOnly])]
}

describe('each row is found by what a server said', () => {
  for (const row of refusalRows) {
    test(`${row.stages?.join() ?? 'anywhere'}: ${row.example}`, () => {
      const conversations = conversationsOf(row)
      assert.ok(conversations.length > 0, 'no conversation has such a reply')
      for (const said of conversations) {
        const found = findRefusal(said, { ...facts, provider: row.provider })
        assert.equal(found?.example, row.example)
        const error = refusal(said, { ...facts, provider: row.provider })
        const isWaiting = row.endedBy === 'waits'
        assert.equal(error.code, isWaiting ? 'provider_unavailable' : 'mail_login_refused')
        assert.ok(error.message.includes(row.example.slice(0, 100)), error.message)
        assert.ok(error.hint.startsWith(`${row.meaning}: `))
        assert.doesNotMatch(error.hint, /[{}]/)
        assert.equal(actorOf(error) === 'administrator', row.endedBy === 'administrator')
        assert.equal(actorOf(error) === 'nobody', isWaiting)
      }
    })
  }
})

describe('no next step names what cannot end the trouble of its class', () => {
  for (const row of refusalRows) {
    test(row.example, () => {
      for (const { endedBy, nextStep } of remediesOf(row)) {
        if (endedBy === 'administrator' || endedBy === 'waits' || endedBy === 'owner') {
          assert.doesNotMatch(nextStep, /cms-oauth login|signed in/)
        }
        if (endedBy === 'person') assert.match(nextStep, /cms-oauth (?:login|refresh)/)
        if (endedBy === 'waits') assert.match(nextStep, /\{minutes\}/)
        if (endedBy === 'administrator') assert.match(nextStep, /administrator/)
      }
    })
  }
})

test('where another token may help, the next step says how to get one', () => {
  const rows = refusalRows.filter(({ isOfToken }) => isOfToken === true)
  assert.ok(rows.length > 15)
  for (const row of rows) {
    assert.match(row.nextStep, /cms-oauth refresh/, row.example)
    assert.notEqual(row.endedBy, 'waits', row.example)
  }
})

test('an app-only account is never told to sign in, or of a permission that persons have', () => {
  const ofPersons = /cms-oauth login|signed in|SMTP\.Send\b|AsUser/
  for (const row of refusalRows) {
    if (remediesOf(row)[0]?.endedBy === 'waits') continue
    const step = (row.appOnly ?? row).nextStep
    assert.doesNotMatch(step, ofPersons, row.example)
  }
})

test('the permissions of one provider are in rows of that provider only', () => {
  const microsoft = /SMTP\.Send|AccessAs|Exchange|Entra|CASMailbox|Conditional Access|Graph/
  const google = /mail\.google\.com|Workspace|Admin console|gmail/i
  for (const { provider, example, meaning, ...row } of refusalRows) {
    const steps = [row.nextStep, row.appOnly?.nextStep, meaning].join(' ')
    if (provider !== 'microsoft') assert.doesNotMatch(steps, microsoft, example)
    if (provider !== 'google') assert.doesNotMatch(steps, google, example)
  }
})

test('a row of one provider is not found for an account of another', () => {
  for (const row of refusalRows) {
    if (row.provider === undefined) continue
    const provider = row.provider === 'google' ? 'microsoft' : 'google'
    for (const said of conversationsOf(row)) {
      assert.notEqual(findRefusal(said, { ...facts, provider })?.provider, row.provider)
    }
  }
})

test('each row says where it comes from, and reads as part of a sentence', () => {
  for (const { source, meaning, nextStep, example } of refusalRows) {
    assert.match(source, /^(?:https:\/\/\S+|RFC \d+.*)$/)
    for (const text of [meaning, nextStep]) assert.doesNotMatch(text, /\.$|\bby itself\b|\banew\b/)
    assert.ok(example.length < 200)
  }
})

const rests: [text: string, hint: RegExp, minutes: number][] = [
  ['Request is throttled. Suggested Backoff Time: 299961 milliseconds', /in 5 minutes$/, 5],
  ['Request is throttled. Suggested Backoff Time: 900000 milliseconds', /in 15 minutes$/, 15],
  ['Request is throttled. Suggested Backoff Time: 1 milliseconds', /a minute$/, 1],
  ['[UNAVAILABLE] try again in 90 seconds', /in 2 minutes$/, 2],
  ['[LIMIT] come back in 3 hours', /in 3 hours$/, 180],
]

for (const [text, hint, minutes] of rests) {
  test(`the server says how long to wait: ${text}`, () => {
    for (const stage of ['login', 'select'] as const) {
      const error = refusal({ protocol: 'IMAP', stage, code: 'BAD', text }, facts)
      assert.equal(error.code, 'provider_unavailable')
      assert.match(error.hint, hint)
      assert.equal('retryAfterMs' in error && error.retryAfterMs, minutes * 60_000)
    }
  })
}

test('the page that the server names is the remedy, also from an untagged line', () => {
  const url = 'https://accounts.google.com/signin/continue?sarp=1&scc=1'
  const said = { protocol: 'IMAP', stage: 'login', code: 'NO', text: '[ALERT] Failure' } as const
  const error = refusal({ ...said, alerts: [`[WEBALERT ${url}] Web login required.`] }, facts)
  assertSentence(
    error.message,
    'the page that the server names is the remedy, also from an untagged line',
  )
  assertSentence(error.hint, 'the page that the server names', { url })
})

test('words that go over several lines of a reply are read as one', () => {
  const text =
    '5.7.14 <https://a.example/> Please log in via your web\n5.7.14 browser and try again'
  const error = refusal({ protocol: 'SMTP', stage: 'login', code: '534', text }, facts)
  assertSentence(error.hint, 'words that go over several lines of a reply are read as one')
})

test('what is refused of one message stops no other, and what is refused of an account does', () => {
  const rows = refusalRows.filter(({ stages }) => stages?.join() === 'mail')
  for (const row of rows) {
    for (const said of conversationsOf(row)) {
      const { isKnown } = refusalScope(said, { ...facts, provider: row.provider })
      assert.equal(isKnown, row.isOfMessage !== true, row.example)
    }
  }
  assert.ok(rows.some(({ isOfMessage }) => isOfMessage === true))
})
