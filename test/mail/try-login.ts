import type { TestContext } from 'node:test'
import type { AccountFacts } from '../../src/mail/account-facts.ts'
import { Dialogue } from '../../src/mail/dialogue.ts'
import { loginToImap } from '../../src/mail/imap-login.ts'
import type { LoginReply } from '../../src/mail/login.ts'
import { loginToPop } from '../../src/mail/pop-login.ts'
import { loginToSmtp } from '../../src/mail/smtp-login.ts'
import type { Credential, Protocol } from '../../src/sasl/output-format.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { type MailStep, startScriptedMailServer } from '../support/mail-server.ts'

export const accessToken = 'T0ken.canary-0123456789.abcdefghijklmnopqrstuvwxyz'
const user = 'user@example.com'

/** Both mechanisms' messages, as they are sent. */
export const xoauth2 = btoa(`user=${user}\u0001auth=Bearer ${accessToken}\u0001\u0001`)
export const oauthbearer = btoa(`n,a=${user},\u0001auth=Bearer ${accessToken}\u0001\u0001`)

const logins = { SMTP: loginToSmtp, IMAP: loginToImap, POP: loginToPop }

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
    const dialogue = await Dialogue.open({
      server: { host, port: server.port, isImplicitTls },
      ca: attempt.ca ?? [certificates.ca],
      accessToken,
      facts: { user, provider: undefined, isAppOnly: false, ...attempt.facts },
      isVerbose: attempt.isVerbose ?? false,
      print: (line) => transcript.push(line),
      limitMs: attempt.limitMs ?? 10_000,
      silenceMs: attempt.silenceMs ?? 5_000,
    })
    try {
      outcome.reply = await logins[protocol](dialogue, { isImplicitTls, credential })
    } finally {
      dialogue.close('QUIT')
    }
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
