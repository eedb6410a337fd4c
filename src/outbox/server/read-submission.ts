import type { IncomingMessage } from 'node:http'
import {
  parseSendmailArguments,
  type SubmitCommand,
} from '../../command-line/sendmail-arguments.ts'
import { RequestInvalidError } from '../../errors.ts'
import type { SubmissionHead } from '../../messages/outbox-api.ts'
import { parseJson } from '../../shapes/parse-json.ts'
import { fields, listOf, optional, text, where } from '../../shapes/shape.ts'

/** A message as a client hands it over. */
export interface ReadSubmission {
  head: SubmissionHead
  /** What its arguments ask for. */
  command: SubmitCommand
  message: Buffer
}

/** The kernel lets a program have no more arguments (execve(2)). */
const headLimitBytes = 4 * 1_024 ** 2
const headShape = fields<SubmissionHead>({
  id: text,
  program: text,
  arguments: listOf(text),
  size: where<number>((size) => Number.isSafeInteger(size) && Number(size) >= 0),
  outbox: optional(text),
})

/**
 * The body of a request whose length was declared: one that ends early is not a shorter message.
 * @throws RequestInvalidError, UsageError
 */
export async function readSubmission(
  request: IncomingMessage,
  maxSize: number,
): Promise<ReadSubmission> {
  const declared = declaredLength(request)
  if (declared === undefined) throw new RequestInvalidError('the request has no Content-Length')
  if (declared > maxSize + headLimitBytes) {
    await drain(request)
    throw new RequestInvalidError('the body is too long', {
      hint: 'GET /v1/limits says how much of a message need be kept',
    })
  }
  const body = await readAll(request, declared)
  const end = body.indexOf('\n')
  const head = parseHead(body.toString('utf8', 0, Math.max(0, end)))
  return { head, command: commandOf(head), message: body.subarray(end + 1, end + 1 + maxSize) }
}

function commandOf({ program, arguments: words }: SubmissionHead): SubmitCommand {
  const command = parseSendmailArguments(program, words)
  if (command.mode === 'wrong') throw command.error
  if (command.mode === 'submit') return command
  throw new RequestInvalidError('this hands over no message')
}

/** The Content-Length of a request; undefined where it says none. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/** Reads what nobody wants: who still writes does not hear an answer. */
export async function drain(request: IncomingMessage): Promise<void> {
  try {
    for await (const _ of request);
  } catch {
    // It is gone: nobody waits for an answer.
  }
}

async function readAll(request: IncomingMessage, length: number): Promise<Buffer> {
  const body = Buffer.allocUnsafe(length)
  let filled = 0
  try {
    for await (const chunk of request) filled += (chunk as Buffer).copy(body, filled)
  } catch (cause) {
    throw new RequestInvalidError('the request ended before its body was complete', { cause })
  }
  if (filled === length) return body
  throw new RequestInvalidError('the request ended before its body was complete')
}

function parseHead(line: string): SubmissionHead {
  const head = parseJson(line)
  if (head === undefined) throw new RequestInvalidError('the first line of the body is not JSON')
  const place = headShape(head)
  if (place === undefined && (head as SubmissionHead).id !== '') return head as SubmissionHead
  throw new RequestInvalidError(
    `the first line of the body is not as agreed at "${place ?? '.id'}"`,
  )
}
