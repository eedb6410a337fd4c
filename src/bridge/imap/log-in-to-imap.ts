import type { ImapSession } from '../../mail/imap-session.ts'
import type { Credential } from '../../sasl/output-format.ts'
import type { Upstream } from '../upstream.ts'

/** What an IMAP server said to a login. */
export type ImapWelcome = Required<Pick<Upstream, 'reply' | 'capabilities'>>

/**
 * Logs in with the client's own tag; without one nobody is told the reply. A client must learn what
 * there is after the login: a server that does not say it is asked.
 * @throws CmsOauthError
 */
export async function logInToImap(
  session: ImapSession,
  credential: Credential,
  tag: string | undefined,
): Promise<ImapWelcome> {
  const { verbatim } = await session.logIn(credential, tag)
  if (tag !== undefined && /^(?:\* CAPABILITY|\S+ OK \[CAPABILITY) /im.test(verbatim)) {
    return { reply: verbatim, capabilities: [] }
  }
  await session.readCapabilities()
  const { capabilities } = session
  return { reply: `* CAPABILITY ${capabilities.join(' ')}\r\n${verbatim}`, capabilities }
}
