/** Certificates and versions of TLS that must not be trusted. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import { generate } from 'selfsigned'
import { Connection } from '../../src/mail/connection/connection.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { createTestCertificates } from '../support/certificates.ts'
import { assertAdvice, assertSentence } from '../support/golden.ts'
import { consent, greeting } from './smtp-steps.ts'
import { certificates, holdsToken, tryLogin } from './try-login.ts'

after(() => certificates.remove())

async function certificateFor(name: string, validTo?: Date) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    ...(validTo === undefined ? {} : { notBeforeDate: new Date(0), notAfterDate: validTo }),
  })
  return { key, cert }
}

for (const isImplicitTls of [false, true]) {
  const begun = isImplicitTls ? [] : [...consent, { say: '220 go\r\n' }, { tls: true as const }]
  const when = isImplicitTls ? 'at once' : 'after STARTTLS'
  const refused = async (
    t: Parameters<typeof tryLogin>[0],
    attempt: Partial<Parameters<typeof tryLogin>[1]>,
  ) => {
    const steps = [...begun, ...greeting]
    const outcome = await tryLogin(t, { protocol: 'SMTP', steps, isImplicitTls, ...attempt })
    assert.equal(outcome.error?.code, 'mail_login_refused', outcome.error?.message)
    assert.ok(!holdsToken(outcome.received))
    return { ...outcome, message: outcome.error.message, hint: outcome.error.hint }
  }

  test(`a certificate of nobody's authority is refused: TLS ${when}`, async (t) => {
    const shown = await certificateFor('localhost')
    const { message, hint, where } = await refused(t, { shown })
    const names = { where, variable: 'NODE_EXTRA_CA_CERTS' }
    assertAdvice({ message, hint }, "a certificate of nobody's authority", names)
  })

  test(`a certificate of another name is refused: TLS ${when}`, async (t) => {
    const other = await createTestCertificates({ names: ['other.example'] })
    t.after(() => other.remove())
    const { message, hint, where } = await refused(t, { shown: other, ca: [other.ca] })
    assertAdvice({ message, hint }, 'a certificate of another name', {
      where,
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
      name: 'other.example',
    })
  })

  test(`an expired certificate is refused: TLS ${when}`, async (t) => {
    const shown = await certificateFor('localhost', new Date(86_400_000))
    const { message, hint, where } = await refused(t, { shown, ca: [shown.cert] })
    const names = { where, reason: 'CERT_HAS_EXPIRED' }
    assertAdvice({ message, hint }, 'an expired certificate', names)
  })

  for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const) {
    test(`${maxVersion} is refused: TLS ${when}`, async (t) => {
      const { message, where } = await refused(t, { maxVersion, steps: begun })
      const [said = ''] = message.split(': ')
      assertSentence(said, 'an old TLS', { where })
    })
  }
}

test('a server that begins in plain text where TLS was expected is told as such', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('220 mail.example ESMTP\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const opened = Connection.open({
    server: { host: '127.0.0.1', port, isImplicitTls: true },
    tls: createMailTls([certificates.ca]),
  })
  await assert.rejects(opened, (error: Error & { code: string; hint: string }) => {
    assert.equal(error.code, 'mail_login_refused')
    const names = { server: `127.0.0.1:${port}/starttls` }
    assertSentence(error.hint, 'plain text where TLS was expected', names)
    return true
  })
})
