/** After the login somebody else goes on with the socket, and with what came behind the last line. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { protocols } from '../../src/sasl/output-format.ts'
import type { MailStep } from '../support/mail-server.ts'
import { goodLogins } from './good-logins.ts'
import { logIn, openSession, receivedWith } from './open-session.ts'
import { certificates, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

for (const protocol of protocols) {
  const { plain, secure, ok } = goodLogins[protocol]

  for (const behind of ['', 'half a li', '* a\r\n\0\xff\r\nb', 'x'.repeat(300_000)]) {
    test(`${protocol}: ${behind.length} bytes behind the OK come out, then the rest`, async (t) => {
      const { signal, abort } = cancellation()
      const steps: MailStep[] = [
        ...plain,
        ...secure,
        { say: ok + behind },
        { hear: /^raw \xe4 bytes$/ },
        { say: 'later\n' },
      ]
      const { session, server } = await openSession(t, protocol, steps, { signal })
      await logIn(session)
      const { socket, unread } = session.handOver()
      // From here on neither the limit, the signal nor the session counts.
      abort()
      session.close()
      const chunks = [unread]
      socket.on('error', assert.fail)
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.write('raw \xe4 bytes\r\n', 'latin1')
      socket.resume()
      const expected = `${behind}later\n`
      while (Buffer.concat(chunks).length < expected.length) await once(socket, 'data')
      assert.equal(Buffer.concat(chunks).toString('latin1'), expected)
      assert.equal((await receivedWith(server, 'raw')).split(xoauth2).length, 2)
      assert.deepEqual(server.surprises, [])
      socket.destroy()
    })
  }

  test(`${protocol}: a half-close goes through in both directions`, async (t) => {
    const steps: MailStep[] = [...plain, ...secure, { say: `${ok}bye` }, { hear: /^last$/ }]
    const { session, server } = await openSession(t, protocol, [...steps, { end: true }])
    await logIn(session)
    const { socket, unread } = session.handOver()
    socket.on('error', assert.fail)
    socket.end('last\r\n')
    let received = unread.toString()
    for await (const chunk of socket) received += String(chunk)
    assert.equal(received, 'bye')
    await server.left()
  })

  test(`${protocol}: a connection that the server closed is not handed over`, async (t) => {
    const steps: MailStep[] = [...plain, ...secure, { say: ok }, { end: true }]
    const { session, connection } = await openSession(t, protocol, steps)
    await logIn(session)
    await assert.rejects(connection.readLine(), { code: 'provider_unavailable' })
    assert.throws(() => session.handOver(), { code: 'provider_unavailable' })
  })
}

function cancellation() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
