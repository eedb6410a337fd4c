/** A web page at each kind of listener of each protocol: whatever it posts, nothing goes up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineClient } from '../support/line-client.ts'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'

const { imap, pop, user, daemon, dovecot } = await provideReadingBridgeWorld()

const body = `a1 SELECT INBOX\r\na2 STORE 1 +FLAGS (\\Deleted)\r\na3 EXPUNGE\r\na4 LOGOUT\r\nUSER ${user}\r\nPASS x\r\nDELE 1\r\nQUIT\r\n`
const requests = [
  `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${body}`,
  `POST / HTTP/1.0\n\n${body}`,
  `a0 / HTTP/1.1\r\nHost: rebound.example\r\n\r\n${body}`,
  `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${body}`,
  Buffer.from('16030102000100', 'hex').toString('latin1') + body,
]
const listeners = {
  'IMAP with a password': { port: imap.port, host: '127.0.0.1' },
  'IMAP by the word of the kernel': { path: imap.socket },
  'POP with a password': { port: pop.port, host: '127.0.0.1' },
  'POP by the word of the kernel': { path: pop.socket },
}

for (const [name, to] of Object.entries(listeners)) {
  test(`${name}: a web page is closed after the greeting, and nothing goes up`, async () => {
    for (const request of requests) {
      const page = new LineClient(to)
      await page.say('', /^(?:\+|\* ).*\r\n/m)
      page.socket.write(request, 'latin1')
      assert.equal(await page.rest(), '', request.slice(0, 20))
    }
    await daemon.logged(({ event }) => event === 'bridge.stray')
    assert.doesNotMatch(await dovecot.log(), /Disconnected: Logged out in=[1-9]/)
  })
}

test('whoever is let in by the word of the kernel and speaks IMAP is served, however it is cut', async () => {
  for (const pieces of [['a1 NOOP\r\na2 LOGOUT\r\n'], ['a', '1 NOOP\r', '\na2 LOGOUT\r\n']]) {
    const client = new LineClient(listeners['IMAP by the word of the kernel'])
    await client.say('', /^\* PREAUTH .*\r\n/m)
    for (const piece of pieces) {
      client.socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.match(await client.rest(), /^a1 OK .*\r\n\* BYE .*\r\na2 OK /m)
  }
})
