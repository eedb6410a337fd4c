/** A server whose port does not tell whether TLS comes first tells it by its silence. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { Connection } from '../../../src/mail/connection/connection.ts'
import type { ConnectOptions } from '../../../src/mail/connection/connect-options.ts'
import { createMailTls } from '../../../src/mail/connection/verified-tls.ts'
import { createTestCertificates } from '../../support/certificates.ts'
import { type MailStep, startScriptedMailServer } from '../../support/mail-server.ts'

const certificates = await createTestCertificates()
after(() => certificates.remove())

interface Guessed {
  steps: MailStep[] | ((before: number) => MailStep[])
  isImplicitTls?: boolean
  ca?: string[]
  options?: Partial<ConnectOptions>
}

async function openGuessed(t: TestContext, { steps, isImplicitTls, ca, options }: Guessed) {
  const server = await startScriptedMailServer({
    steps,
    certificates,
    host: '127.0.0.1',
    ...(isImplicitTls === undefined ? {} : { isImplicitTls }),
  })
  t.after(() => server.close())
  const connection = await Connection.open({
    server: { host: '127.0.0.1', port: server.port, isImplicitTls: false, mayBeginWithTls: true },
    tls: createMailTls(ca ?? [certificates.ca]),
    limitMs: 10_000,
    ...options,
  })
  t.after(() => connection.close('QUIT'))
  return connection
}

test('one that is silent is asked for TLS, and verified', async (t) => {
  const steps = [{ say: '* OK in TLS\r\n' }]
  const options = { greetingMs: 50 }
  const connection = await openGuessed(t, { steps, isImplicitTls: true, options })
  assert.equal(connection.isSecure, true)
  assert.equal(await connection.readLine(), '* OK in TLS')
})

test('one that greets is not, and TLS follows when it has agreed', async (t) => {
  const steps: MailStep[] = [
    { say: '* OK in plain text\r\n' },
    { hear: /^a1 STARTTLS$/ },
    { say: 'a1 OK\r\n' },
    { tls: true },
    { say: '* OK in TLS\r\n' },
  ]
  const connection = await openGuessed(t, { steps, options: { greetingMs: 10_000 } })
  assert.equal(connection.isSecure, false)
  assert.equal(await connection.readLine(), '* OK in plain text')
  connection.send('a1 STARTTLS')
  assert.equal(await connection.readLine(), 'a1 OK')
  await connection.startTls()
  assert.equal(await connection.readLine(), '* OK in TLS')
})

for (const greeting of ['* OK at last', '+OK', '220 at last', '-ERR', '* BYE not now']) {
  test(`one that greets late, with "${greeting}", is not held to TLS`, async (t) => {
    const steps = (before: number): MailStep[] => [
      ...(before === 0 ? [{ hearAnything: true as const }] : []),
      { say: `${greeting}\r\n` },
    ]
    const connection = await openGuessed(t, { steps, options: { greetingMs: 50 } })
    assert.equal(connection.isSecure, false)
    assert.equal(await connection.readLine(), greeting)
  })
}

const lateOnce = (before: number): MailStep[] =>
  before === 0 ? [{ hearAnything: true }, { say: '* OK at last\r\n' }] : []

test('one that answers a handshake in plain text, and never greets, is said to speak another protocol', async (t) => {
  const opening = openGuessed(t, { steps: lateOnce, options: { greetingMs: 20 } })
  await assert.rejects(opening, { code: 'mail_login_refused', hint: /:\d+\/starttls"/ })
})

test('the limit is for both connections of one that greets late', async (t) => {
  const options = { greetingMs: 50, limitMs: 500 }
  const opening = openGuessed(t, { steps: lateOnce, options })
  await assert.rejects(opening, { code: 'provider_unavailable' })
})

test('what goes wrong in between is said as elsewhere', async (t) => {
  const silent = { isImplicitTls: true, steps: [], ca: [] }
  const quick = { greetingMs: 50 }
  await assert.rejects(openGuessed(t, { ...silent, options: quick }), {
    code: 'mail_login_refused',
    fault: 'certificate',
  })
  await assert.rejects(openGuessed(t, { steps: [{ reset: true }] }), {
    code: 'provider_unavailable',
  })
  const waiting = { steps: [], options: { limitMs: 50, greetingMs: 10_000 } }
  await assert.rejects(openGuessed(t, waiting), { code: 'provider_unavailable' })
  const signal = AbortSignal.timeout(50)
  const cancelled = openGuessed(t, { steps: [], options: { signal, greetingMs: 10_000 } })
  await assert.rejects(cancelled, { name: 'TimeoutError' })
  const ended = await openGuessed(t, { steps: [{ end: true }] })
  await assert.rejects(ended.readLine(), { code: /^(?:provider_unavailable|mail_login_refused)$/ })
})
