import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { outboxExtensions } from '../../configuration/outbox-extensions.ts'
import { isCmsOauthError, RequestInvalidError } from '../../errors.ts'
import { greetingName } from '../../mail/greeting-name.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import { httpStatus } from '../../unix-http/http-status.ts'
import { Conversation } from '../dialogue/conversation.ts'
import type { Conversations } from '../dialogue/conversations.ts'
import { type DialogueOutbox, SubmissionDialogue } from '../dialogue/submission-dialogue.ts'
import { readMachine } from '../machine.ts'
import type { Outbox } from '../outbox.ts'
import { Aliases } from '../submission/aliases.ts'
import { RecipientList } from '../submission/recipient-list.ts'
import type { Caller } from '../submission/submission.ts'
import { allowedCaller, toldCaller } from './caller-of.ts'
import { asOutboxError } from './as-outbox-error.ts'
import { peerOf } from './peer-of.ts'
import type { RefusedCallers } from './refused-callers.ts'
import type { Slots } from './slots.ts'

interface DialogueParts {
  outbox: Outbox
  slots: Slots
  conversations: Conversations
  refused: RefusedCallers
}

const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: smtp\r\n\r\n'

/**
 * Goes on with SMTP on a connection that has asked for it, with what of it came with the request.
 * @throws what is a fault of this program
 */
export async function beginDialogue(
  { outbox, slots, conversations, refused }: DialogueParts,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => {})
  const told = request.headers['cms-oauth-caller']
  let caller: Caller
  try {
    requireDialogue(request)
    const peer = peerOf(request)
    caller =
      told === undefined
        ? allowedCaller(outbox.configuration, peer, refused)
        : toldCaller(String(told), peer)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return refuse(socket, error)
  }
  socket.write(switching)
  socket.unshift(head)
  await conversations.hold(
    new Conversation({
      socket,
      dialogue: new SubmissionDialogue(dialogueOutbox(outbox, caller), greetingName()),
      isGreeted: told === undefined,
      keptBytes: () => outbox.configuration.rules.maxSize,
      slots,
    }),
  )
}

function dialogueOutbox(outbox: Outbox, caller: Caller): DialogueOutbox {
  const rules = () => outbox.configuration.rules
  return {
    extensions: () => outboxExtensions(rules()),
    sizeLimit: () => (rules().tooLarge === 'refuse' ? rules().maxSize : undefined),
    createRecipients: () => new RecipientList(new Aliases(rules(), readMachine())),
    accept: (envelope, message, size) => {
      const id = randomBytes(12).toString('hex')
      try {
        return outbox.accept({ caller, order: envelope, id, message, size })
      } catch (error) {
        throw asOutboxError(error)
      }
    },
  }
}

function requireDialogue({ method, url, headers }: IncomingMessage): void {
  if (method === 'GET' && url === '/v1/dialogue' && headers.upgrade === 'smtp') return
  throw new RequestInvalidError(
    'only GET /v1/dialogue goes on as another protocol, with "Upgrade: smtp"',
  )
}

function refuse(socket: Socket, error: Parameters<typeof errorToWire>[0]): void {
  const body = `${JSON.stringify(errorToWire(error))}\n`
  const fields = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`
  socket.write(`HTTP/1.1 ${httpStatus[error.code]} Refused\r\n${fields}\r\n\r\n${body}`)
  socket.destroySoon()
}
