import type { SubmissionRules } from '../../configuration/outbox-configuration.ts'
import { MessageTooLargeError } from '../../errors.ts'
import { contentTypeOf, transferEncodingOf } from './content-type.ts'
import { encodeEntity, type Entity } from './encode-entity.ts'
import { lineLimits } from './plain-lines.ts'

type SizeRules = Pick<SubmissionRules, 'maxSize' | 'tooLarge' | 'encoding'>

/** For the header, and for the line that says what is missing. */
const reserve = 512

/**
 * The entity encoded, and no larger than the outbox takes: the job that prints 2 GB is heard of by its first
 * megabytes. `size` is that of the whole message, of which the entity may hold the beginning.
 * @throws MessageTooLargeError where it is too large, and cannot be cut or by the rules must not be
 */
export function fitMessage(entity: Entity, size: number, came: number, rules: SizeRules): Entity {
  const encode = (body: Buffer) => encodeEntity({ ...entity, body }, lineLimits[rules.encoding])
  const whole = size > came || size > rules.maxSize ? undefined : encode(entity.body)
  if (whole !== undefined && whole.body.length <= rules.maxSize) return whole
  if (rules.tooLarge === 'refuse' || !isText(entity)) throw tooLarge(size, rules.maxSize)
  const missing = Math.max(0, size - came)
  let room = Math.min(entity.body.length, Math.max(0, rules.maxSize - reserve))
  for (;;) {
    const body = withRemark(entity.body.subarray(0, room), entity.body.length - room + missing)
    const fitting = encode(body)
    if (fitting.body.length <= rules.maxSize || room === 0) return fitting
    // Quoted-printable makes text larger: what it made of this tells how much goes in.
    room = Math.floor((room * Math.max(0, rules.maxSize - reserve)) / fitting.body.length)
  }
}

function isText({ fields }: Entity): boolean {
  return contentTypeOf(fields).type === 'text/plain' && transferEncodingOf(fields) !== 'base64'
}

function withRemark(text: Buffer, missing: number): Buffer {
  const start = text.at(-1) === 10 || text.length === 0 ? '' : '\n'
  return Buffer.concat([
    text,
    Buffer.from(
      `${start}[${missing} bytes were left out here: the message is larger than the outbox takes]\n`,
    ),
  ])
}

function tooLarge(size: number, limit: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `a message of ${size} bytes is larger than the outbox takes (${limit})`,
    {
      hint: 'raise "max_size" of [[outbox]] as far as the provider allows, or put the data elsewhere and send where it is',
    },
  )
}
