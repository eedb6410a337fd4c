import { addressesIn, readMessage } from './sent-message.ts'
import {
  recipientsOf,
  type SendingAnswer,
  type SendingRequest,
  type SendingServer,
  type SendingServerOptions,
  startSendingServer,
} from './sending-server.ts'

const admitted = [
  'https://www.googleapis.com/auth/gmail.send',
  'https://www.googleapis.com/auth/gmail.compose',
  'https://www.googleapis.com/auth/gmail.modify',
  'https://mail.google.com/',
]
const largestBytes = 36_700_160

/** The Gmail API's users.messages.send, which takes the recipients from the header and nobody else. */
export function startGmailApi(options: SendingServerOptions): Promise<SendingServer> {
  return startSendingServer(options, judge)
}

function judge({ method, path, contentType, token, body, ...rest }: SendingRequest): SendingAnswer {
  if (method !== 'POST' || path !== '/upload/gmail/v1/users/me/messages/send?uploadType=media') {
    return refusal(404, 'notFound', 'Not Found')
  }
  if (token === undefined)
    return refusal(401, 'authError', 'Invalid Credentials', 'UNAUTHENTICATED')
  if (!token.scopes.some((scope) => admitted.includes(scope))) return insufficient
  if (contentType !== 'message/rfc822') {
    return refusal(400, 'badContent', `Media type '${contentType}' is not supported.`)
  }
  if (body.length > largestBytes) return { status: 413 }
  const read = readMessage(body)
  if (read.defect !== undefined) return refusal(400, 'badRequest', read.defect)
  const from = addressesIn(read, 'from')
  if (from.good.join() !== token.user || from.bad.length > 0) return invalid('Invalid From header')
  const { good, bad } = recipientsOf(read)
  if (bad.length > 0 || good.some(rest.isRefused)) return invalid('Invalid To header')
  if (good.length === 0) return invalid('Recipient address required')
  rest.take({ user: token.user, recipients: good, read, bytes: body })
  const id = Date.now().toString(16)
  return { status: 200, body: { id, threadId: id, labelIds: ['SENT'] } }
}

function invalid(message: string): SendingAnswer {
  return refusal(400, 'invalidArgument', message, 'INVALID_ARGUMENT')
}

function refusal(code: number, reason: string, message: string, status?: string): SendingAnswer {
  const errors = [{ message, domain: 'global', reason }]
  return { status: code, body: { error: { code, message, errors, ...(status && { status }) } } }
}

const insufficient: SendingAnswer = {
  status: 403,
  body: {
    error: {
      code: 403,
      message: 'Request had insufficient authentication scopes.',
      errors: [
        { message: 'Insufficient Permission', domain: 'global', reason: 'insufficientPermissions' },
      ],
      status: 'PERMISSION_DENIED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
          domain: 'googleapis.com',
          metadata: {
            service: 'gmail.googleapis.com',
            method: 'caribou.api.proto.MailboxService.SendMessage',
          },
        },
      ],
    },
  },
}
