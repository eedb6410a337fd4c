import type { SecureContext } from 'node:tls'
import type { DeliveryRoute } from '../configuration/outbox-configuration.ts'
import { actorOf, type CmsOauthError, isCmsOauthError } from '../errors.ts'
import { accountFactsOf } from '../mail/account-facts.ts'
import { Connection } from '../mail/connection/connection.ts'
import { parseServer } from '../mail/mail-server.ts'
import { Mask } from '../logging/mask.ts'
import { SmtpSession } from '../mail/smtp-session.ts'
import type { Delivery, DeliveryOutcome } from '../messages/sender-messages.ts'
import { later, wayFailed, wayLimitMs } from './outcomes.ts'
import type { Progress } from './progress.ts'
import { SmtpTransaction } from './smtp-transaction.ts'

/**
 * Delivers a message to a submission server (RFC 6409), each recipient on its own.
 * @throws NodeJS.ErrnoException where the spool cannot be changed
 */
export async function deliverBySmtp(
  delivery: Delivery,
  route: Extract<DeliveryRoute, { via: 'smtp' }>,
  progress: Progress,
  tls: SecureContext,
): Promise<DeliveryOutcome> {
  try {
    const session = await open(delivery, route.server, tls)
    try {
      await session.begin()
      const refused = await logIn(session, delivery)
      if (refused !== undefined) return refused
      return await new SmtpTransaction(session, delivery, progress).run()
    } finally {
      session.close()
    }
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return wayFailed(error)
  }
}

async function open(
  { account, isAppOnly, accessToken }: Delivery,
  text: string,
  tls: SecureContext,
): Promise<SmtpSession> {
  const server = parseServer(text, 'SMTP')
  const mask = new Mask()
  mask.add(accessToken)
  const facts = { ...accountFactsOf(account, server.host, accessToken), isAppOnly }
  const connection = await Connection.open({ server, tls, limitMs: wayLimitMs })
  return new SmtpSession({ connection, facts, mask })
}

/** Undefined: it is logged in. */
async function logIn(
  session: SmtpSession,
  { account, user, accessToken }: Delivery,
): Promise<DeliveryOutcome | undefined> {
  try {
    await session.logIn({ account, user, protocol: 'SMTP', accessToken })
    return undefined
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return loginFailed(error)
  }
}

/** A new token may help, unless the server names something else that is wrong. */
function loginFailed(error: CmsOauthError): DeliveryOutcome {
  if (error.code !== 'mail_login_refused' || error.fault !== 'credential') return wayFailed(error)
  const { message: reason, hint } = error
  const actor = actorOf(error)
  return error.isOfToken
    ? { kind: 'token_refused', actor, reason, hint }
    : later(actor, reason, hint)
}
