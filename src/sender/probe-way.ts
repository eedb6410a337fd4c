import type { SecureContext } from 'node:tls'
import type { DeliveryRoute } from '../configuration/outbox-configuration.ts'
import { isCmsOauthError } from '../errors.ts'
import { sendHttpsRequest } from '../https/https-request.ts'
import { accountFactsOf } from '../mail/account-facts.ts'
import { Connection } from '../mail/connection/connection.ts'
import { parseServer } from '../mail/mail-server.ts'
import { Mask } from '../logging/mask.ts'
import { SmtpSession } from '../mail/smtp-session.ts'

const limitMs = 10_000

/** True where a provider answers, whatever it says: nothing is sent to it, and nobody logs in. */
export async function probeWay(route: DeliveryRoute, tls: SecureContext): Promise<boolean> {
  try {
    await (route.via === 'smtp' ? greet(route.server, tls) : askAnything(route.origin))
    return true
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return false
  }
}

async function askAnything(origin: string): Promise<void> {
  await sendHttpsRequest({
    method: 'GET',
    url: `${origin}/`,
    signal: AbortSignal.timeout(limitMs),
  })
}

async function greet(text: string, tls: SecureContext): Promise<void> {
  const server = parseServer(text, 'SMTP')
  const connection = await Connection.open({ server, tls, limitMs })
  const facts = { ...accountFactsOf('', server.host, ''), isAppOnly: false }
  const session = new SmtpSession({ connection, facts, mask: new Mask() })
  try {
    await session.begin()
  } finally {
    session.close()
  }
}
