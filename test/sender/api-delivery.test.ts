/** A message by the Gmail API and by Graph, each judged by a server that is as strict as the real one. */
import assert from 'node:assert/strict'
import { mkdirSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { globalAgent } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sendRefusalRows } from '../../src/provider-facts/sending/find-send-refusal.ts'
import type { SendVerdict } from '../../src/provider-facts/sending/send-refusal-row.ts'
import { sendingApis, type SendingApi } from '../../src/provider-facts/sending/sending-api.ts'
import { assertSentence } from '../support/golden.ts'
import type { SendingTrouble } from '../support/sending-server.ts'
import { apis, good, servers, toMe, world } from './api-world.ts'
import { account, me, messageTo, summary, tokens, you } from './delivery-world.ts'

for (const api of apis) {
  describe(api, () => {
    test('a message arrives once, as it is, at those whom its header names', async (t) => {
      const { spool, send, server } = world(t, api)
      const message = messageTo([`To: root <${me}>`, `Bcc: ${you}`], '.\r\n..\r\n=C3=A4\r\n')
      const id = spool.put({ rcpt: [me, you], message })
      assert.deepEqual(await send(id), { kind: 'delivered', refused: [] })
      assert.equal(spool.left(id), undefined)
      assert.equal(server.sent.length, 1)
      assert.deepEqual(server.sent[0]?.recipients, [me, you])
      assert.equal(server.sent[0].bytes.toString(), message)
      assert.deepEqual(await send(id), { kind: 'gone' })
      assert.equal(server.requests.length, 1)
    })

    test('a message of an outbox that got another account is from the new one', async (t) => {
      const { spool, send, server } = world(t, api)
      const message = messageTo([`To: root <${me}>`], '.\r\n', 'old@example.com')
      const id = spool.put({ rcpt: [me], message, from: 'old@example.com' })
      assert.equal(summary(await send(id)), 'delivered')
      assert.equal(
        server.sent[0]?.bytes.toString(),
        messageTo([`To: root <${me}>`], '.\r\n', account),
      )
    })

    test('the largest message that the facts allow is accepted', async (t) => {
      const { spool, send } = world(t, api)
      const rest = sendingApis[api].largestBytes - toMe.message.length
      const lines = `${'x'.repeat(76)}\r\n`.repeat(Math.floor(rest / 78))
      const id = spool.put({ rcpt: [me], message: toMe.message + lines })
      assert.equal(summary(await send(id)), 'delivered')
    })

    test('a token that has expired is told apart', async (t) => {
      const { spool, send } = world(t, api)
      const outcome = await send(spool.put(toMe), tokens.stale)
      assert.equal(outcome.kind, 'token_refused')
      assertSentence(`${outcome.reason}\n${outcome.hint}`, `${api}: a token that has expired`, {
        account,
      })
    })

    test('a token that does not allow sending needs another sign-in', async (t) => {
      const { spool, send } = world(t, api)
      const wrong = api === 'graph' ? tokens.outlook : tokens.gmailRead
      const id = spool.put(toMe)
      const outcome = await send(id, wrong)
      assert.ok(outcome.kind === 'later' && outcome.actor === 'you')
      assertSentence(`${outcome.reason}\n${outcome.hint}`, `${api}: a token without the scope`, {
        account,
      })
      assert.deepEqual(spool.left(id), [me])
    })

    test('a server that repeats the token does not get it into an outcome', async (t) => {
      const { spool, send, server } = world(t, api)
      const body = { error: { code: 'Odd', message: `what is Bearer ${good[api]}?` } }
      server.trouble({ status: 400, body })
      const outcome = await send(spool.put(toMe))
      assert.doesNotMatch(JSON.stringify(outcome), new RegExp(good[api].slice(0, 12)))
      assert.match(JSON.stringify(outcome), /\[secret\]/)
    })

    const waits = 'later nobody'
    const troubles: [what: string, trouble: SendingTrouble, string][] = [
      ['hangs up before the message', { cut: 'request' }, waits],
      ['answers in HTML', { status: 503, body: '<html>Bad Gateway</html>' }, waits],
      [
        'leads to a page for the login of a network',
        { status: 302, headers: { location: 'https://a.example/' } },
        waits,
      ],
      ...[301, 303, 307, 308].map((status): [string, SendingTrouble, string] => [
        `leads elsewhere with ${status}`,
        { status, headers: { location: 'https://a.example/' } },
        waits,
      ]),
      ...[409, 421, 423, 451].map((status): [string, SendingTrouble, string] => [
        `answers ${status}, which nobody expects`,
        { status },
        'later you',
      ]),
      ...['-5', 'soon', '1e99', '', 'Mon, 30 Nov 1970 00:00:00 GMT', '9'.repeat(400)].map(
        (value): [string, SendingTrouble, string] => [
          `asks to wait for "${value.slice(0, 20)}"`,
          { status: 429, headers: { 'retry-after': value } },
          waits,
        ],
      ),
      ['answers 408', { status: 408 }, waits],
      ['answers 204', { status: 204 }, waits],
      ['answers 201 with an id', { status: 201, body: { id: '1' } }, waits],
      ['has a header of 300 kB', { status: 503, headers: { x: 'y'.repeat(300_000) } }, waits],
      [
        'compresses what it says',
        { status: 502, headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
        waits,
      ],
      ['answers 200 with a page', { status: 200, body: '<html>log in</html>' }, waits],
      [
        'has a word that nobody knows',
        { status: 403, body: { error: { code: 'New' } } },
        'later you',
      ],
    ]
    for (const [what, trouble, expected] of troubles) {
      test(`a server that ${what} has not got the message`, async (t) => {
        const { spool, send, server } = world(t, api)
        const id = spool.put(toMe)
        server.trouble(trouble)
        assert.equal(summary(await send(id)), expected)
        assert.deepEqual(spool.left(id), [me])
        assert.equal(summary(await send(id)), 'delivered')
      })
    }

    test('the time that a server asks to wait is passed on, up to an hour', async (t) => {
      const { spool, send, server } = world(t, api)
      const id = spool.put(toMe)
      for (const [header, ms] of [
        ['120', 120_000],
        ['86400', 3_600_000],
      ] as const) {
        server.trouble({ status: 429, headers: { 'retry-after': header } })
        const outcome = await send(id)
        assert.equal(summary(outcome), waits)
        assert.equal(outcome.kind === 'later' && outcome.retryAfterMs, ms)
      }
    })

    test('where an address is not accepted the others get the message, each alone', async (t) => {
      const { spool, send, server } = world(t, api)
      const bad = 'nobody@example.invalid'
      server.refusedAddresses.add(bad)
      const fields = [`To: root <${me}>, ${bad}`, `Bcc: ${you}`]
      const id = spool.put({ rcpt: [me, bad, you], message: messageTo(fields) })
      const outcome = await send(id)
      assert.ok(outcome.kind === 'delivered')
      assert.deepEqual(
        outcome.refused.map(({ recipient }) => recipient),
        [bad],
      )
      assert.deepEqual(
        server.sent.map(({ recipients }) => recipients),
        [[me], [you]],
      )
      for (const { bytes, read } of server.sent) {
        const named = Object.fromEntries(read.fields.map(({ name, value }) => [name, value]))
        assert.equal(named['x-original-to'], `root <${me}>, ${bad}`)
        assert.ok(named['to'] === you || !bytes.includes(you))
      }
      assert.deepEqual(spool.left(id), [bad], 'for whoever tells of it')
    })

    test('what was sent alone is not sent again after an interruption', async (t) => {
      const { spool, send, server } = world(t, api)
      const bad = 'nobody@example.invalid'
      server.refusedAddresses.add(bad)
      const fields = [`To: ${bad}, ${me}, ${you}`]
      const id = spool.put({ rcpt: [bad, me, you], message: messageTo(fields) })
      const refuse = { status: 400, body: refusalOf(api) }
      server.trouble(refuse, refuse, { status: 503 })
      const outcome = await send(id)
      assert.equal(summary(outcome), waits)
      assert.deepEqual(
        outcome.kind === 'later' && outcome.refused?.map(({ recipient }) => recipient),
        [bad],
      )
      assert.deepEqual(spool.left(id), [me, you])
      assert.deepEqual(await send(id), { kind: 'delivered', refused: [] })
      assert.deepEqual(
        server.sent.map(({ recipients }) => recipients),
        [[me], [you]],
      )
    })

    test('who was refused before the token was is told of with the next one', async (t) => {
      const { spool, send, server } = world(t, api)
      const bad = 'nobody@example.invalid'
      server.refusedAddresses.add(bad)
      const id = spool.put({ rcpt: [bad, me], message: messageTo([`To: ${bad}, ${me}`]) })
      const refuse = { status: 400, body: refusalOf(api) }
      server.trouble(refuse, refuse, { status: 401 })
      assert.equal((await send(id)).kind, 'token_refused')
      const outcome = await send(id)
      assert.deepEqual(
        outcome.kind === 'delivered' && outcome.refused.map(({ recipient }) => recipient),
        [bad],
      )
      assert.deepEqual(
        server.sent.map(({ recipients }) => recipients),
        [[me]],
      )
    })

    test('a stop waits for the recipient in hand, and the others are left', async (t) => {
      const { spool, deliver, server } = world(t, api)
      const id = spool.put({ rcpt: [me, you], message: messageTo([`To: ${me}, ${you}`]) })
      const ending = new AbortController()
      const refuse = { status: 400, body: refusalOf(api) }
      server.trouble(refuse)
      const delivered = deliver(id, { accessToken: good[api] }, ending.signal)
      await server.asked(2)
      ending.abort(new Error('the daemon is gone'))
      await assert.rejects(delivered, { message: 'the daemon is gone' })
      assert.deepEqual(
        server.sent.map(({ recipients }) => recipients),
        [[me]],
      )
      assert.deepEqual(spool.left(id), [you])
    })

    test('where it cannot be noted that it was sent, another try may be a copy', async (t) => {
      const { spool, send, server } = world(t, api)
      const id = spool.put(toMe)
      const accepted = api === 'graph' ? { status: 202 } : { status: 200, body: { id: 'x' } }
      const path = join(spool.directory, 'new', id)
      const meanwhile = () => {
        // Neither renamed nor removed, also by root.
        rmSync(path)
        mkdirSync(path)
        writeFileSync(join(spool.directory, 'sent', id), '')
      }
      server.trouble({ ...accepted, meanwhile })
      const outcome = await send(id)
      assert.ok(outcome.kind === 'later' && outcome.isUncertain === true)
      assert.equal(outcome.actor, 'you')
    })

    test('where what is left cannot be written nothing is sent', async (t) => {
      const { spool, send, server } = world(t, api)
      server.refusedAddresses.add('nobody@example.invalid')
      const rcpt = [me, 'nobody@example.invalid', you]
      const id = spool.put({ rcpt, message: messageTo([`To: ${rcpt.join(', ')}`]) })
      server.trouble({ status: 400, body: refusalOf(api) }, { status: 503 })
      assert.equal(summary(await send(id)), waits)
      mkdirSync(join(spool.directory, 'tmp', `${id}.new.rest`))
      for (let tries = 0; tries < 3; tries++) assert.equal(summary(await send(id)), 'later you')
      assert.deepEqual(server.sent, [])
      rmdirSync(join(spool.directory, 'tmp', `${id}.new.rest`))
      assert.equal((await send(id)).kind, 'delivered')
      assert.deepEqual(
        server.sent.map(({ recipients }) => recipients),
        [[me], [you]],
      )
    })

    test('where no address is accepted the message stays for whoever tells of it', async (t) => {
      const { spool, send, server } = world(t, api)
      server.refusedAddresses.add(me)
      const id = spool.put(toMe)
      const outcome = await send(id)
      assert.equal(outcome.kind, 'refused')
      assertSentence(`${outcome.reason}\n${outcome.hint}`, `${api}: no address is accepted`)
      assert.deepEqual(spool.left(id), [me])
      assert.equal(server.requests.length, 1)
    })
  })
}

function refusalOf(api: SendingApi): string {
  const row = sendRefusalRows.find((row) => row.api === api && row.verdict === 'recipients')
  return row?.example.body ?? ''
}

const outcomes: Record<SendVerdict, string> = {
  waits: 'later nobody',
  token: 'token_refused',
  person: 'later you',
  owner: 'later you',
  operator: 'later you',
  administrator: 'later administrator',
  recipients: 'refused',
  never: 'refused',
}

describe('each row of the table decides what becomes of the message', () => {
  for (const row of sendRefusalRows) {
    for (const api of row.api === undefined ? apis : [row.api]) {
      test(`${api}: ${row.example.status} ${row.meaning}`, async (t) => {
        const { spool, deliver, server } = world(t, api)
        const id = spool.put(toMe)
        server.trouble(row.example)
        const outcome = await deliver(id, { accessToken: good[api] })
        assert.equal(summary(outcome), outcomes[row.verdict])
        const isOfContent = outcome.kind === 'refused' && outcome.isOfContent === true
        assert.equal(isOfContent, row.verdict === 'never')
        assert.ok('hint' in outcome && outcome.hint.startsWith(`${row.meaning}: `))
        assert.doesNotMatch(outcome.hint, /[{}]/)
        assert.deepEqual(spool.left(id), [me])
        if (row.appOnly === undefined) return
        server.trouble(row.example)
        const ofApp = await deliver(id, { accessToken: good[api], isAppOnly: true })
        assert.doesNotMatch('hint' in ofApp ? ofApp.hint : '', /cms-oauth login/)
      })
    }
  }
})

test('an application sends for the mailbox that is named, and cannot send for itself', async (t) => {
  const { spool, deliver, server } = world(t, 'graph')
  const accessToken = tokens.graphApp
  const id = spool.put(toMe)
  assert.equal(summary(await deliver(id, { accessToken })), 'later you')
  assert.equal(summary(await deliver(id, { accessToken, isAppOnly: true })), 'delivered')
  assert.equal(server.requests.at(-1)?.line, 'POST /v1.0/users/notify%40example.com/sendMail')
})

test('Google says in the message when to come back', async (t) => {
  const { spool, send, server } = world(t, 'gmail-api')
  const time = new Date(Date.now() + 600_000).toISOString()
  const message = `User-rate limit exceeded.  Retry after ${time} (Mail sending)`
  const errors = [{ domain: 'usageLimits', reason: 'userRateLimitExceeded', message }]
  server.trouble({ status: 403, body: { error: { errors, code: 403, message } } })
  const outcome = await send(spool.put(toMe))
  assert.ok(outcome.kind === 'later' && outcome.retryAfterMs !== undefined)
  assert.ok(Math.abs(outcome.retryAfterMs - 600_000) < 30_000, String(outcome.retryAfterMs))
})

test('a server that cannot be reached, or that nobody vouches for, has not got the message', async (t) => {
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as { port: number }
  await new Promise((resolve) => listener.close(resolve))
  const { spool, send } = world(t, 'graph', `https://localhost:${port}`)
  const id = spool.put(toMe)
  assert.equal(summary(await send(id)), 'later nobody')
  globalAgent.options.ca = undefined
  const untrusted = world(t, 'graph')
  assert.equal(summary(await untrusted.send(untrusted.spool.put(toMe))), 'later you')
  assert.equal(servers.graph.requests.length, 0)
})

test('a damaged entry is never sent, and a spool that cannot be used is told', async (t) => {
  const { spool, send, server } = world(t, 'graph')
  const id = spool.put(toMe)
  truncateSync(join(spool.directory, 'new', id), 300)
  const outcome = await send(id)
  assert.ok(outcome.kind === 'refused' && outcome.isOfContent === undefined)
  const other = spool.put(toMe)
  rmSync(spool.directory, { recursive: true })
  assert.equal(summary(await send(other)), 'later you')
  assert.equal(server.requests.length, 0)
})
