/** After the login somebody else goes on with the socket, and with what came behind the last line. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import type { Protocol } from '../../src/sasl/output-format.ts'
import type { MailStep } from '../support/mail-server.ts'
import { credentialFor, openSession, receivedWith } from './open-session.ts'
import { inTls } from './smtp-steps.ts'
import { certificates, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

/** Each up to the accepting answer. */
const accepted: Record<Protocol, { steps: MailStep[]; ok: string; capabilities: string[] }> = {
  SMTP: {
    steps: [
      ...inTls('SIZE 1000\r\n250 AUTH XOAUTH2').map((step) =>
        'say' in step ? { say: step.say.replace('250 SIZE', '250-SIZE') } : step,
      ),
      { hear: /^AUTH XOAUTH2$/ },
      { say: '334 \r\n' },
      { hear: /^[\w+/=]+$/ },
    ],
    ok: '235 2.7.0 ok\r\n',
    capabilities: ['SIZE 1000', 'AUTH XOAUTH2'],
  },
  IMAP: {
    steps: [
      { say: '* OK ready\r\n' },
      { hear: /^a1 STARTTLS$/ },
      { say: 'a1 OK go\r\n' },
      { tls: true },
      { hear: /^a2 CAPABILITY$/ },
      { say: '* CAPABILITY IMAP4rev1 IDLE AUTH=XOAUTH2\r\na2 OK\r\n' },
      { hear: /^theirs.7 AUTHENTICATE XOAUTH2$/ },
      { say: '+ \r\n' },
      { hear: /^[\w+/=]+$/ },
    ],
    ok: '* CAPABILITY X\r\n* LIST {3}\r\na\r\n b\r\ntheirs.7 OK [ALERT] in\r\n',
    capabilities: ['IMAP4rev1', 'IDLE', 'AUTH=XOAUTH2'],
  },
  POP: {
    steps: [
      { say: '+OK ready\r\n' },
      { hear: /^STLS$/ },
      { say: '+OK go\r\n' },
      { tls: true },
      { hear: /^CAPA$/ },
      { say: '+OK\r\nTOP\r\nSASL XOAUTH2\r\n.\r\n' },
      { hear: /^AUTH XOAUTH2$/ },
      { say: '+ \r\n' },
      { hear: /^[\w+/=]+$/ },
    ],
    ok: '+OK in\r\n',
    capabilities: ['TOP', 'SASL XOAUTH2'],
  },
}

for (const protocol of ['SMTP', 'IMAP', 'POP'] as const) {
  const { steps, ok, capabilities } = accepted[protocol]

  for (const behind of ['', 'half a li', '* a\r\n\0\xff\r\nb', 'x'.repeat(300_000)]) {
    test(`${protocol}: ${behind.length} bytes behind the OK come out, then the rest`, async (t) => {
      const script: MailStep[] = [
        ...steps,
        { say: ok + behind },
        { hear: /^raw \xe4 bytes$/ },
        { say: 'later\n' },
      ]
      const controller = new AbortController()
      const { session, server } = await openSession(t, protocol, script, {
        signal: controller.signal,
      })
      await session.begin()
      assert.deepEqual(session.capabilities, capabilities)
      if (protocol === 'IMAP') {
        const reply = await session.logIn(credentialFor(protocol), 'theirs.7')
        assert.deepEqual(reply, { code: 'OK', text: '[ALERT] in', verbatim: ok })
      } else {
        await session.logIn(credentialFor(protocol))
      }
      const { socket, unread } = session.handOver()
      // From here on neither the limit nor the signal counts.
      controller.abort()
      const chunks = [unread]
      socket.on('error', assert.fail)
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.write('raw \xe4 bytes\r\n', 'latin1')
      socket.resume()
      const expected = `${behind}later\n`
      while (Buffer.concat(chunks).length < expected.length) await once(socket, 'data')
      assert.equal(Buffer.concat(chunks).toString('latin1'), expected)
      assert.equal((await receivedWith(server, 'raw')).split(xoauth2).length, 2)
      socket.destroy()
    })
  }

  test(`${protocol}: a connection that the server closed is not handed over`, async (t) => {
    const script: MailStep[] = [...steps, { say: ok }, { end: true }]
    const { session, connection } = await openSession(t, protocol, script)
    await session.begin()
    await (protocol === 'IMAP'
      ? session.logIn(credentialFor(protocol), 'theirs.7')
      : session.logIn(credentialFor(protocol)))
    await assert.rejects(connection.readLine(), { code: 'provider_unavailable' })
    assert.throws(() => session.handOver(), { code: 'provider_unavailable' })
  })
}
