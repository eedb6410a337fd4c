/** A message by SMTP: each recipient on its own, and who must act on what a server says. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { dotStuffed } from '../../src/mail/dot-stuffed.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { assertSentence } from '../support/golden.ts'
import type { ServerTrouble } from '../support/server-troubles.ts'
import { startSubmissionServer, type SubmissionServer } from '../support/submission-server.ts'
import {
  account,
  deliveryTest,
  introspect,
  me,
  messageTo,
  summary,
  tokens,
  you,
} from './delivery-world.ts'

let certificates: TestCertificates
let server: SubmissionServer

before(async () => {
  certificates = await createTestCertificates()
})
after(() => certificates.remove())
beforeEach(() => start())
afterEach(() => server.close())

async function start(options: { isImplicitTls?: boolean; largest?: number } = {}) {
  server = await startSubmissionServer({
    certificates,
    introspect: (accessToken) => Promise.resolve(introspect(accessToken)?.user),
    isStrict: true,
    ...options,
  })
}

function world(t: TestContext, suffix = '') {
  const route = { via: 'smtp', server: `localhost:${server.port}${suffix}` } as const
  const { spool, deliver } = deliveryTest(t, route, certificates)
  const send = (id: string, accessToken: string = tokens.outlook) => deliver(id, { accessToken })
  return { spool, send, deliver }
}

const toBoth = { rcpt: [me, you], message: messageTo([`To: root <${me}>`]) }

for (const [what, suffix, options] of [
  ['STARTTLS', '/starttls', {}],
  ['TLS from the start', '/tls', { isImplicitTls: true }],
] as const) {
  test(`a message arrives once, as it is, at its envelope, by ${what}`, async (t) => {
    await server.close()
    await start(options)
    const { spool, send } = world(t, suffix)
    const body = '.\r\n..\r\n.hidden\r\nend without a line feed'
    const id = spool.put({ rcpt: [me, you], message: messageTo([`To: root <${me}>`], body) })
    assert.deepEqual(await send(id), { kind: 'delivered', refused: [] })
    assert.equal(spool.left(id), undefined)
    const [kept] = server.messages
    assert.deepEqual([kept?.from, kept?.to, kept?.user], [account, [me, you], account])
    assert.equal(kept?.text, `${messageTo([`To: root <${me}>`], body)}\r\n`)
    assert.equal(server.messages.length, 1)
  })
}

const refusedWords = '550 5.1.1 <x>: Recipient address rejected: User unknown'

test('a recipient that is refused costs the others nothing', async (t) => {
  const { spool, send } = world(t)
  server.refusals.set(me, refusedWords)
  const id = spool.put(toBoth)
  const outcome = await send(id)
  assert.ok(outcome.kind === 'delivered')
  assert.deepEqual(
    outcome.refused.map(({ recipient }) => recipient),
    [me],
  )
  const [refusal] = outcome.refused
  assertSentence(refusal?.reason, 'a recipient is refused', { recipient: me, said: refusedWords })
  assert.deepEqual(
    server.messages.map(({ to }) => to),
    [[you]],
  )
  assert.deepEqual(spool.left(id), [me], 'for whoever tells of it')
})

test('a recipient that has to wait gets the message later, and the others only once', async (t) => {
  const { spool, send } = world(t)
  server.refusals.set(me, '450 4.2.0 <me>: Recipient address rejected: Greylisted')
  server.refusals.set('bad@example.org', refusedWords)
  const id = spool.put({ ...toBoth, rcpt: [me, 'bad@example.org', you] })
  const outcome = await send(id)
  assert.equal(summary(outcome), 'later nobody')
  assert.deepEqual(outcome.kind === 'later' && outcome.refused?.map(({ recipient }) => recipient), [
    'bad@example.org',
  ])
  assert.deepEqual(spool.left(id), [me])
  server.refusals.clear()
  assert.deepEqual(await send(id), { kind: 'delivered', refused: [] })
  assert.deepEqual(
    server.messages.map(({ to }) => to),
    [[you], [me]],
  )
})

for (const [says, ms] of [
  ['421 4.3.2 Service not available', undefined],
  ['450 4.2.0 Greylisted', undefined],
  ['452 4.5.3 Too many recipients', undefined],
  ['454 4.7.0 Too many login attempts, please try again later.', undefined],
  ['450 4.7.1 Greylisted, try again in 120 seconds', 120_000],
] as const) {
  test(`a server is waited for as long as it asks, and no longer: ${says}`, async (t) => {
    for (const at of ['connection', 'login', 'sender', 'recipient'] as const) {
      const { spool, send } = world(t)
      server.trouble = undefined
      server.refusals.clear()
      if (at === 'recipient') server.refusals.set(me, says)
      else server.trouble = { at, says }
      const outcome = await send(spool.put({ ...toBoth, rcpt: [me] }))
      assert.ok(outcome.kind === 'later' && outcome.actor === 'nobody', at)
      assert.equal(outcome.retryAfterMs, ms, at)
    }
  })
}

test('where every recipient is refused the message stays for whoever tells of it', async (t) => {
  const { spool, send } = world(t)
  for (const recipient of [me, you]) server.refusals.set(recipient, refusedWords)
  const id = spool.put(toBoth)
  const outcome = await send(id)
  assert.equal(outcome.kind, 'refused')
  assertSentence(`${outcome.reason}\n${outcome.hint}`, 'every recipient is refused')
  assert.deepEqual(spool.left(id), [me, you])
  assert.equal(server.messages.length, 0)
})

test('a token that the server refuses is told apart', async (t) => {
  const { spool, send } = world(t)
  const id = spool.put(toBoth)
  const outcome = await send(id, tokens.stale)
  assert.equal(outcome.kind, 'token_refused')
  assert.doesNotMatch(JSON.stringify(outcome), /stale-token/)
  assert.deepEqual(spool.left(id), [me, you])
})

const troubles: [trouble: ServerTrouble, expected: string][] = [
  [{ at: 'connection', says: '421 4.3.2 Service not available' }, 'later nobody'],
  [{ at: 'connection', says: '554 5.7.1 not for you' }, 'later you'],
  [{ at: 'connection', says: null }, 'later nobody'],
  [{ at: 'login', says: '454 4.7.0 Temporary authentication failure' }, 'later nobody'],
  [{ at: 'login', says: '535 5.7.3 Authentication unsuccessful' }, 'token_refused'],
  [
    {
      at: 'login',
      says: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
    },
    'later administrator',
  ],
  [{ at: 'login', says: null }, 'later nobody'],
  [{ at: 'sender', says: '530 5.7.57 Client not authenticated to send mail.' }, 'later you'],
  [
    { at: 'sender', says: '550 5.7.60 Client does not have permissions to send as this sender' },
    'later administrator',
  ],
  [{ at: 'sender', says: '553 5.1.8 the sender has an unknown word' }, 'later you'],
  [{ at: 'sender', says: '451 4.3.0 try again' }, 'later nobody'],
  [{ at: 'sender', says: '552 5.3.4 Message size exceeds fixed limit' }, 'refused'],
  [{ at: 'sender', says: null }, 'later nobody'],
  [
    { at: 'data', says: '451 4.7.0 Temporary server error. Please try again later.' },
    'later nobody',
  ],
  [{ at: 'data', says: '552 5.2.3 Your message exceeded the size limits' }, 'refused'],
  [{ at: 'data', says: '550 5.7.1 the content is not wanted' }, 'refused'],
  [
    { at: 'data', says: '554 5.2.252 SendAsDenied; a@b.c not allowed to send as d@b.c' },
    'later administrator',
  ],
  [{ at: 'data', says: '550 5.4.5 Daily user sending limit exceeded.' }, 'later nobody'],
]

/** Refusals for good, and whether they are for what the message holds, or its size. */
const refusals: [trouble: ServerTrouble, isOfContent: boolean][] = [
  [{ at: 'sender', says: '552 5.3.4 Message size exceeds fixed limit' }, true],
  [{ at: 'data', says: '552 5.2.3 Your message exceeded the size limits' }, true],
  [{ at: 'data', says: '552 5.3.4 Message too big for system' }, true],
  [{ at: 'data', says: '552 message line is too long' }, true],
  [{ at: 'data', says: '550 5.7.1 the content is not wanted' }, true],
  [{ at: 'data', says: '554 5.6.0 malformed' }, true],
  [{ at: 'data', says: '554 no' }, true],
  [
    {
      at: 'data',
      says: '552 5.7.0 This message was blocked because its content presents a potential security issue.',
    },
    true,
  ],
  [{ at: 'data', says: '552-5.7.0 Our system has detected\r\n552 5.7.0 likely spam.' }, true],
  [{ at: 'data', says: '550 5.1.1 <x>: User unknown' }, false],
  [{ at: 'data', says: '550 5.1.6 it has moved' }, false],
  [{ at: 'data', says: '550 no such recipient here' }, false],
  [{ at: 'data', says: '552 5.2.2 it has no room' }, false],
  [{ at: 'data', says: '552 mailbox is full' }, false],
  [{ at: 'data', says: '550 5.2.1 it is switched off' }, false],
  [
    {
      at: 'data',
      says: '550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized',
    },
    false,
  ],
]

describe('a refusal is of the content, or of whom it is for', () => {
  for (const [trouble, isOfContent] of refusals) {
    test(`${trouble.at}: ${trouble.says ?? ''}`, async (t) => {
      const { spool, send } = world(t)
      server.trouble = trouble
      const outcome = await send(spool.put(toBoth))
      server.trouble = undefined
      assert.equal(outcome.kind, 'refused')
      assert.equal(outcome.isOfContent === true, isOfContent)
    })
  }

  test('every recipient is refused', async (t) => {
    const { spool, send } = world(t)
    for (const recipient of [me, you]) server.refusals.set(recipient, refusedWords)
    const outcome = await send(spool.put(toBoth))
    assert.ok(outcome.kind === 'refused' && outcome.isOfContent === undefined)
    server.refusals.clear()
  })

  test('the server has said that this size is too much', async (t) => {
    await server.close()
    await start({ largest: 1_000 })
    const { spool, send } = world(t)
    const message = toBoth.message + 'x\r\n'.repeat(1_000)
    const outcome = await send(spool.put({ rcpt: [me], message }))
    assert.ok(outcome.kind === 'refused' && outcome.isOfContent === true)
  })
})

describe('who must act decides what becomes of the message', () => {
  for (const [trouble, expected] of troubles) {
    test(`${trouble.at}: ${trouble.says ?? 'hangs up'}`, async (t) => {
      const { spool, send } = world(t)
      const id = spool.put(toBoth)
      server.trouble = trouble
      assert.equal(summary(await send(id)), expected)
      assert.deepEqual(spool.left(id), [me, you])
      server.trouble = undefined
      assert.equal(summary(await send(id)), 'delivered')
      assert.equal(server.messages.length, 1)
    })
  }
})

test('without an answer after the message it is sent again, with the same Message-ID', async (t) => {
  const { spool, send } = world(t)
  const id = spool.put(toBoth)
  server.trouble = { at: 'data', says: null }
  const outcome = await send(id)
  assert.equal(summary(outcome), 'later nobody')
  assertSentence('reason' in outcome ? outcome.reason : '', 'no answer after the message', {
    server: `localhost:${server.port}`,
  })
  server.trouble = undefined
  assert.equal(summary(await send(id)), 'delivered')
  const [first, second] = server.messages.map(({ text }) => text)
  assert.ok(first !== undefined && first === second)
})

test('what the server says it does not take is not sent', async (t) => {
  await server.close()
  await start({ largest: 1_000 })
  const { spool, send } = world(t)
  const id = spool.put({ rcpt: [me], message: toBoth.message + 'x\r\n'.repeat(1_000) })
  const outcome = await send(id)
  assert.equal(outcome.kind, 'refused')
  assertSentence(`${outcome.reason}\n${outcome.hint}`, 'larger than the server accepts')
  assert.equal(summary(await send(spool.put(toBoth))), 'delivered')
})

test('dots and ends of messages', () => {
  const rows: [message: string, sent: string][] = [
    ['', '\r\n.\r\n'],
    ['a\r\n', 'a\r\n.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['.', '..\r\n.\r\n'],
    ['.\r\n', '..\r\n.\r\n'],
    ['..\r\n.\r\n', '...\r\n..\r\n.\r\n'],
    ['a.\r\n.b\r\n\r\n.\r\n', 'a.\r\n..b\r\n\r\n..\r\n.\r\n'],
    ['.\r\n.\r\n.', '..\r\n..\r\n..\r\n.\r\n'],
  ]
  for (const [message, sent] of rows) {
    assert.equal(dotStuffed(Buffer.from(message)).toString(), sent, JSON.stringify(message))
  }
})
