import { addressesIn, readMessage } from './sent-message.ts'
import {
  recipientsOf,
  type SendingAnswer,
  type SendingRequest,
  type SendingServer,
  type SendingServerOptions,
  type SendingToken,
  startSendingServer,
} from './sending-server.ts'

/** Of a request: beyond it the real one was seen to answer 200 and to send nothing. */
const largestBytes = 4_000_000

/** Microsoft Graph's sendMail with MIME, which takes the recipients from the header and nobody else. */
export function startGraphApi(options: SendingServerOptions): Promise<SendingServer> {
  return startSendingServer(options, judge)
}

function judge({ method, path, contentType, token, body, ...rest }: SendingRequest): SendingAnswer {
  const [, mailbox] = /^\/v1\.0\/(me|users\/[^/]+)\/sendMail$/.exec(path) ?? []
  if (method !== 'POST' || mailbox === undefined) {
    return refusal(400, 'BadRequest', `Resource not found for the segment '${path}'.`)
  }
  if (token === undefined) {
    return refusal(
      401,
      'InvalidAuthenticationToken',
      'Access token has expired or is not yet valid.',
    )
  }
  const owner = ownerOf(mailbox, token)
  if (typeof owner !== 'string') return owner
  if (!token.scopes.some((scope) => /(?:^|\/)(?:Mail\.Send|\.default)$/.test(scope))) return denied
  if (contentType !== 'text/plain')
    return refusal(400, 'BadRequest', 'Unable to read JSON request payload.')
  if (body.length > largestBytes) return { status: 200 }
  const text = body.toString('latin1')
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text || text === '') {
    return refusal(
      400,
      'ErrorMimeContentInvalidBase64String',
      'Invalid base64 string for MIME content.',
    )
  }
  const read = readMessage(bytes)
  if (read.defect !== undefined) return refusal(400, 'ErrorMimeContentInvalid', read.defect)
  const from = addressesIn(read, 'from')
  if (from.good.join() !== owner || from.bad.length > 0) return sendAsDenied
  const { good, bad } = recipientsOf(read)
  const unresolved = bad[0] ?? good.find(rest.isRefused)
  if (unresolved !== undefined) {
    return invalid(
      `Recipient '${unresolved}' is not resolved. All recipients must be resolved before a message can be submitted.`,
    )
  }
  if (good.length === 0)
    return invalid("A message can't be sent because it contains no recipients.")
  rest.take({ user: owner, recipients: good, read, bytes })
  return { status: 202 }
}

/** Whose mailbox it is, or why it is nobody's. */
function ownerOf(mailbox: string, { user, isApp = false }: SendingToken): string | SendingAnswer {
  if (mailbox !== 'me') {
    const named = decodeURIComponent(mailbox.slice('users/'.length))
    return named === user ? user : denied
  }
  if (!isApp) return user
  return refusal(400, 'BadRequest', '/me request is only valid with delegated authentication flow.')
}

function refusal(status: number, code: string, message: string): SendingAnswer {
  const innerError = { date: '2026-01-01T00:00:00', 'request-id': '0', 'client-request-id': '0' }
  return { status, body: { error: { code, message, innerError } } }
}

function invalid(message: string): SendingAnswer {
  return refusal(400, 'ErrorInvalidRecipients', `At least one recipient is not valid., ${message}`)
}

const denied = refusal(
  403,
  'ErrorAccessDenied',
  'Access is denied. Check credentials and try again.',
)
const sendAsDenied = refusal(
  403,
  'ErrorSendAsDenied',
  'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.',
)
