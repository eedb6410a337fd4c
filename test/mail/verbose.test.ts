/** What `--verbose` adds to the conversation. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fingerprint, Secret } from '../../src/logging/secret.ts'
import type { MailStep } from '../support/mail-server.ts'
import { accessToken, certificates, holdsToken, tryLogin, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

const steps: MailStep[] = [
  { say: '220 mail.example ESMTP\r\n' },
  { hear: /^EHLO / },
  { say: '250-mail.example\r\n250 STARTTLS\r\n' },
  { hear: /^STARTTLS$/ },
  { say: '220 go ahead\r\n' },
  { tls: true },
  { hear: /^EHLO / },
  { say: '250-mail.example\r\n250 AUTH XOAUTH2\r\n' },
  { hear: /^AUTH XOAUTH2$/ },
  { say: '334 \r\n' },
  { hear: /^[\w+/=]+$/ },
  { say: '235 2.7.0 Authentication successful\r\n' },
]

function remarksIn(transcript: readonly string[]): string[] {
  return transcript.filter((line) => line.startsWith('  ('))
}

test('address, TLS and what the credential says are told, and no token', async (t) => {
  const { transcript, where } = await tryLogin(t, { protocol: 'SMTP', steps, isVerbose: true })
  const port = where.split(':')[1]
  const [plain, secured, tls, certificate, credential, ...more] = remarksIn(transcript)
  assert.equal(plain, `  (address: 127.0.0.1 port ${port})`)
  assert.equal(secured, plain)
  assert.match(tls ?? '', /^ {2}\(tls: TLSv1\.3, TLS_\w+\)$/)
  assert.match(
    certificate ?? '',
    /^ {2}\(tls: certificate .*localhost by [^,]+,.* \w+ +\d+ [\d:]+ \d{4} GMT\)$/,
  )
  const token = `[token ${fingerprint(new Secret(accessToken))}, ${accessToken.length} characters]`
  assert.equal(credential, `  (which say: user=user@example.com^Aauth=Bearer ${token}^A^A)`)
  assert.deepEqual(more, [])
  assert.ok(!holdsToken(transcript.join('\n')))
})

test('without it the conversation stands alone', async (t) => {
  const { transcript } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.deepEqual(remarksIn(transcript), [])
  assert.ok(transcript.includes(`send: [${xoauth2.length} characters, not shown]`))
})
