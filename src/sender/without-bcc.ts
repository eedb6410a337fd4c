import { joinFields, splitFields } from './header-fields.ts'

const hidden = ['bcc', 'resent-bcc']

/**
 * The message without the fields that name hidden recipients: a mail server has the envelope, and shows them
 * to everybody. An entry has them that was stored while its outbox sent by an API.
 */
export function withoutBcc(message: Buffer): Buffer {
  const { fields, rest } = splitFields(message)
  const kept = fields.filter(({ name }) => !hidden.includes(name))
  if (kept.length === fields.length) return message
  return joinFields(
    kept.map(({ text }) => text),
    rest,
  )
}
