/** What is known of a message whose answer does not come, or not to the end, by the Gmail API and by Graph. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { assertSentence } from '../support/golden.ts'
import type { SendingTrouble } from '../support/sending-server.ts'
import { apis, toMe, world } from './api-world.ts'
import { me, summary } from './delivery-world.ts'

const waits = 'later nobody'

for (const api of apis) {
  describe(api, () => {
    const uncertain: [what: string, trouble: SendingTrouble][] = [
      ['hangs up after the message', { cut: 'taken' }],
      ['is behind a gateway that answers 502', { status: 502, body: '<html></html>' }],
      ['is behind a gateway that answers 504', { status: 504 }],
      [
        'answers what no program reads',
        { status: 200, headers: { 'content-encoding': 'br' }, body: '\0\x01\x02' },
      ],
    ]
    for (const [what, trouble] of api === 'graph' ? uncertain.slice(0, 3) : uncertain) {
      test(`a server that ${what} may have it: it is sent again, and that is said`, async (t) => {
        const { spool, send, server } = world(t, api)
        const id = spool.put(toMe)
        server.trouble(trouble)
        const outcome = await send(id)
        assert.ok(outcome.kind === 'later' && outcome.isUncertain === true)
        assertSentence(outcome.reason, `${api}: a server that ${what}`)
        assertSentence(outcome.hint.replace(/^[^:]+gateway[^:]+: /, ''), 'what may have been sent')
        assert.equal(summary(await send(id)), 'delivered')
        const all = server.sent.map(({ bytes }) => bytes.toString())
        assert.equal(new Set(all).size, 1, 'with the same Message-ID')
      })
    }

    test('an answer of success is one, even if it breaks off', async (t) => {
      const { spool, send, server } = world(t, api)
      const id = spool.put(toMe)
      server.trouble({ cut: 'answer' })
      assert.deepEqual(await send(id), { kind: 'delivered', refused: [] })
      assert.equal(spool.left(id), undefined)
    })

    test('a refusal that breaks off is one', async (t) => {
      const { spool, send, server } = world(t, api)
      server.trouble({ status: 503, headers: { 'content-length': '10' } })
      const outcome = await send(spool.put(toMe))
      assert.equal(summary(outcome), waits)
      assert.ok(outcome.kind === 'later' && outcome.isUncertain !== true)
    })

    test('a slow answer is waited for, up to a limit that grows with the message', async (t) => {
      const { spool, send, server } = world(t, api)
      t.mock.timers.enable({ apis: ['setInterval'] })
      server.trouble({ hang: true })
      const id = spool.put({ rcpt: [me], message: toMe.message + 'x\r\n'.repeat(100_000) })
      const sending = send(id)
      await server.read(1)
      // The gateways of real ones give up before.
      t.mock.timers.tick(290_000)
      assert.equal(
        await Promise.race([sending, new Promise((done) => setTimeout(done, 50))]),
        undefined,
      )
      t.mock.timers.tick(30_000)
      const outcome = await sending
      assert.ok(outcome.kind === 'later' && outcome.isUncertain === true)
      assert.match(outcome.reason, /within 304 s$/)
    })

    test('a way that does not open is left after 20 s, and the message has not gone', async (t) => {
      const silent = createServer(() => {})
      silent.listen(0, 'localhost')
      await once(silent, 'listening')
      t.after(() => silent.close())
      const { port } = silent.address() as AddressInfo
      const { spool, send } = world(t, api, `https://localhost:${port}`)
      t.mock.timers.enable({ apis: ['setInterval'] })
      const id = spool.put({ rcpt: [me], message: toMe.message + 'x\r\n'.repeat(100_000) })
      const connected = once(silent, 'connection')
      const sending = send(id)
      const [socket] = (await connected) as [Socket]
      t.after(() => socket.destroy())
      t.mock.timers.tick(21_000)
      const outcome = await sending
      assert.ok(outcome.kind === 'later' && outcome.isUncertain === undefined && outcome.isOfWay)
      assert.match(outcome.reason, /within 20 s$/)
    })
  })
}
