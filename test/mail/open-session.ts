import type { TestContext } from 'node:test'
import { type ConnectOptions, Connection } from '../../src/mail/connection/connection.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { ImapSession } from '../../src/mail/imap-session.ts'
import { Mask } from '../../src/mail/mask.ts'
import { PopSession } from '../../src/mail/pop-session.ts'
import { SmtpSession } from '../../src/mail/smtp-session.ts'
import type { Credential, Protocol } from '../../src/sasl/output-format.ts'
import {
  type MailStep,
  type ScriptedMailServer,
  startScriptedMailServer,
} from '../support/mail-server.ts'
import { accessToken, certificates } from './try-login.ts'

const user = 'user@example.com'

/** What the sessions log in with. */
export function credentialFor(protocol: Protocol): Credential {
  return { account: user, user, protocol, accessToken }
}

/** A server that follows a script, with a session before its `begin`. */
export async function openSession<P extends Protocol>(
  t: TestContext,
  protocol: P,
  steps: readonly MailStep[],
  options: Partial<ConnectOptions> & { isImplicitTls?: boolean } = {},
) {
  const { isImplicitTls = false, ...rest } = options
  const server = await startScriptedMailServer({ steps, certificates, isImplicitTls })
  t.after(() => server.close())
  const connection = await Connection.open({
    server: { host: '127.0.0.1', port: server.port, isImplicitTls },
    tls: createMailTls([certificates.ca]),
    limitMs: 10_000,
    ...rest,
  })
  t.after(() => connection.close('QUIT'))
  const facts = { user, provider: undefined, isAppOnly: false }
  const session = new sessions[protocol]({ connection, facts, mask: new Mask() })
  return { session: session as InstanceType<(typeof sessions)[P]>, connection, server }
}

const sessions = { SMTP: SmtpSession, IMAP: ImapSession, POP: PopSession }

/** All that a server got, once it holds this. */
export async function receivedWith(server: ScriptedMailServer, text: string): Promise<string> {
  while (!server.received().includes(text)) await new Promise((resolve) => setImmediate(resolve))
  return server.received()
}
