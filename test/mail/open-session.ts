import type { TestContext } from 'node:test'
import { Connection } from '../../src/mail/connection/connection.ts'
import type { ConnectOptions } from '../../src/mail/connection/connect-options.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { ImapSession } from '../../src/mail/imap-session.ts'
import { Mask } from '../../src/logging/mask.ts'
import { PopSession } from '../../src/mail/pop-session.ts'
import type { LoginReply, MailSession } from '../../src/mail/session.ts'
import { SmtpSession } from '../../src/mail/smtp-session.ts'
import type { Credential, Protocol } from '../../src/sasl/output-format.ts'
import {
  type MailStep,
  type ScriptedMailServer,
  startScriptedMailServer,
} from '../support/mail-server.ts'
import { theirTag } from './good-logins.ts'
import { accessToken, certificates } from './try-login.ts'

const user = 'user@example.com'

/** What the sessions log in with. */
export function credentialFor(protocol: Protocol): Credential {
  return { account: user, user, protocol, accessToken }
}

type Options = Partial<ConnectOptions> & { isImplicitTls?: boolean }

/** A server that follows a script, with a session before its `begin`. */
export async function openSession<P extends Protocol>(
  t: TestContext,
  protocol: P,
  steps: readonly MailStep[],
  options: Options = {},
) {
  const { isImplicitTls = false } = options
  const server = await startScriptedMailServer({ steps, certificates, isImplicitTls })
  t.after(() => server.close())
  return { ...(await openAt(t, server, protocol, options)), server }
}

async function openAt<P extends Protocol>(
  t: TestContext,
  server: ScriptedMailServer,
  protocol: P,
  { isImplicitTls = false, ...rest }: Options,
) {
  const connection = await Connection.open({
    server: { host: '127.0.0.1', port: server.port, isImplicitTls },
    tls: createMailTls([certificates.ca]),
    limitMs: 10_000,
    ...rest,
  })
  t.after(() => connection.close('QUIT'))
  const facts = { user, provider: undefined, isAppOnly: false }
  const session = new sessions[protocol]({ connection, facts, mask: new Mask() })
  return { session: session as InstanceType<(typeof sessions)[P]>, connection }
}

/** The whole way to a login that must fail; whatever comes of it, no connection is left. */
export async function failToLogIn(
  t: TestContext,
  protocol: Protocol,
  steps: readonly MailStep[],
  options: Options = {},
): Promise<{ error: unknown; received: string }> {
  const server = await startScriptedMailServer({ steps, certificates })
  t.after(() => server.close())
  try {
    const { session } = await openAt(t, server, protocol, options)
    try {
      await logIn(session)
    } finally {
      session.close()
    }
  } catch (error) {
    await server.left()
    return { error, received: server.received() }
  }
  throw new Error('the login did not fail')
}

const sessions = { SMTP: SmtpSession, IMAP: ImapSession, POP: PopSession }

/** All that a server got, once it holds this. */
export async function receivedWith(server: ScriptedMailServer, text: string): Promise<string> {
  while (!server.received().includes(text)) await new Promise((resolve) => setImmediate(resolve))
  return server.received()
}

/** From the greeting to the accepted login. */
export async function logIn(session: MailSession): Promise<LoginReply> {
  await session.begin()
  if (session instanceof ImapSession) return session.logIn(credentialFor('IMAP'), theirTag)
  return session.logIn(credentialFor(session instanceof PopSession ? 'POP' : 'SMTP'))
}
