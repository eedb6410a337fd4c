import type { TestContext } from 'node:test'
import type { AccountFacts } from '../../src/mail/account-facts.ts'
import { Connection } from '../../src/mail/connection/connection.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { testLogin } from '../../src/mail/login-test.ts'
import { sessions } from '../../src/mail/sessions.ts'
import { Mask } from '../../src/logging/mask.ts'
import type { LoginReply } from '../../src/mail/session.ts'
import { Transcript } from '../../src/mail/transcript.ts'
import type { Credential, Protocol } from '../../src/sasl/output-format.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { type MailStep, startScriptedMailServer } from '../support/mail-server.ts'

export const accessToken = 'T0ken.canary-0123456789.abcdefghijklmnopqrstuvwxyz'
const user = 'user@example.com'

/** Both mechanisms' messages, as they are sent. */
export const xoauth2 = btoa(`user=${user}\u0001auth=Bearer ${accessToken}\u0001\u0001`)
export const oauthbearer = btoa(`n,a=${user},\u0001auth=Bearer ${accessToken}\u0001\u0001`)

/** Made once: every file of tests is a process. */
export const certificates: TestCertificates = await createTestCertificates()

interface Attempt {
  protocol: Protocol
  steps: readonly MailStep[]
  isImplicitTls?: boolean
  /** What the server shows; the client trusts `certificates` only. */
  shown?: { key: string; cert: string }
  host?: string
  limitMs?: number
  silenceMs?: number
  maxVersion?: 'TLSv1' | 'TLSv1.1'
  ca?: string[]
  isVerbose?: boolean
  facts?: Partial<AccountFacts>
}

/** What became of a login. */
export interface Outcome {
  reply?: LoginReply
  error?: Error & { code: string; hint: string }
  /** The conversation as printed. */
  transcript: string[]
  /** All that the server got. */
  received: string
  /** `HOST:PORT` as messages name it. */
  where: string
}

/** Tries a login with a server that follows a script. */
export async function tryLogin(t: TestContext, attempt: Attempt): Promise<Outcome> {
  const { protocol, isImplicitTls = false, shown = certificates, host = '127.0.0.1' } = attempt
  const server = await startScriptedMailServer({ ...attempt, certificates: shown, host })
  t.after(() => server.close())
  const transcript: string[] = []
  const outcome: Outcome = { transcript, received: '', where: `${host}:${server.port}` }
  const credential: Credential = { account: user, user, protocol, accessToken }
  try {
    const mask = new Mask()
    mask.add(accessToken)
    const connection = await Connection.open({
      server: { host, port: server.port, isImplicitTls },
      tls: createMailTls(attempt.ca ?? [certificates.ca]),
      limitMs: attempt.limitMs ?? 10_000,
      listener: new Transcript({
        print: (line) => transcript.push(line),
        mask,
        accessToken,
        isVerbose: attempt.isVerbose ?? false,
        silenceMs: attempt.silenceMs ?? 5_000,
      }),
    })
    const facts = { user, provider: undefined, isAppOnly: false, ...attempt.facts }
    outcome.reply = await testLogin(new sessions[protocol]({ connection, facts, mask }), credential)
  } catch (error) {
    outcome.error = error as NonNullable<Outcome['error']>
  }
  outcome.received = server.received()
  if (server.surprises.length > 0) throw new Error(`unexpected: ${server.surprises.join(' | ')}`)
  return outcome
}

/** True where any form of the token is in the text. */
export function holdsToken(text: string): boolean {
  const forms = [accessToken, xoauth2, oauthbearer, accessToken.slice(0, 20), xoauth2.slice(-40)]
  return forms.some((form) => text.includes(form))
}
