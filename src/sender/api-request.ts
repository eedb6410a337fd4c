import type { DeliveryRoute } from '../configuration/outbox-configuration.ts'
import type { HttpsAnswer, HttpsRequest } from '../https/https-request.ts'
import type { Delivery } from '../messages/sender-messages.ts'
import { parseJsonObject } from '../oauth/json-object.ts'

/** A way to send by HTTPS. */
export type ApiRoute = Exclude<DeliveryRoute, { via: 'smtp' }>

/**
 * The request that sends a message:
 * https://developers.google.com/workspace/gmail/api/guides/uploads (simple upload),
 * https://learn.microsoft.com/graph/api/user-sendmail (MIME format).
 */
export function sendRequest(
  delivery: Delivery,
  route: ApiRoute,
  message: Buffer,
): Omit<HttpsRequest, 'signal'> {
  const authorization = `Bearer ${delivery.accessToken}`
  switch (route.via) {
    case 'gmail-api':
      return {
        method: 'POST',
        url: `${route.origin}/upload/gmail/v1/users/me/messages/send?uploadType=media`,
        headers: { authorization, 'content-type': 'message/rfc822' },
        body: message,
      }
    case 'graph':
      return {
        method: 'POST',
        url: `${route.origin}/v1.0/${mailboxOf(delivery)}/sendMail`,
        headers: { authorization, 'content-type': 'text/plain' },
        // As bytes: the one form of a body that is searched for secrets is text.
        body: Buffer.from(message.toString('base64'), 'latin1'),
      }
  }
}

/** An application has no mailbox of its own. */
function mailboxOf({ account, isAppOnly }: Delivery): string {
  return isAppOnly ? `users/${encodeURIComponent(account)}` : 'me'
}

/**
 * True for the one answer with which the API accepts a message, also where only its beginning came: what a proxy
 * says is another.
 */
export function isAccepted({ via }: ApiRoute, { status, body }: HttpsAnswer): boolean {
  if (via === 'graph') return status === 202
  if (status !== 200) return false
  return typeof parseJsonObject(body)['id'] === 'string' || beginning.test(body.slice(0, 200))
}

/** Of a message of the Gmail API, in JSON. */
const beginning = /^\s*\{\s*"id"\s*:\s*"[^"]+"/
