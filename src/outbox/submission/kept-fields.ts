import type { Aliases } from './aliases.ts'
import { decodeBytes, encodeLetters, encodeText, isAscii } from './encoded-words.ts'
import { mailboxesIn } from './envelope.ts'
import { formatField } from './format-field.ts'
import { encodeParameters, parseParameters } from './parameters.ts'
import { displayName, mailboxText } from './recipient-fields.ts'
import type { Field } from './split-message.ts'

/** Longest field that stays whole, and all fields together; a program's header is a tenth of it. */
const fieldLimit = 16 * 1024
const headerLimit = 128 * 1024

/** Written by the outbox, made by servers, of mailboxes, or claims about what only the outbox knows. */
const dropped = new Set(
  'from to cc bcc date message-id sender return-path apparently-to resent-to resent-cc resent-bcc content-length status x-status x-submitted-by'.split(
    ' ',
  ),
)

const once = new Set(['subject', 'reply-to', 'in-reply-to', 'references'])

/**
 * All that the outbox does not write itself, in ASCII and in lines of mail. Fields of which there may be one
 * are there once.
 */
export function keptFields(fields: readonly Field[], aliases: Aliases): string {
  const seen = new Set<string>()
  let text = ''
  for (const field of fields) {
    const key = field.name.toLowerCase()
    const isRepeated = once.has(key) && seen.has(key)
    const isOurs = dropped.has(key) || key.startsWith('x-original-') || isOfMime(field)
    const isTooMuch = text.length > headerLimit && !once.has(key)
    if (isRepeated || isOurs || isTooMuch) continue
    seen.add(key)
    text += key === 'reply-to' ? replyTo(field, aliases) : formatKept(field)
  }
  return text
}

/** One of them. */
export function formatKept({ name, value }: Field): string {
  const text = decodeBytes(value.slice(0, fieldLimit))
  const isParameters = name.toLowerCase().startsWith('content-')
  return formatField(name, isParameters ? parametersIn(text) : encodeText(text))
}

function parametersIn(text: string): string {
  return isAscii(text) ? text : encodeLetters(encodeParameters(parseParameters(text)))
}

/**
 * Servers refuse a name without a domain, and syntax that is wrong: it is written again. Here a name means whom its
 * alias names.
 */
function replyTo(field: Field, aliases: Aliases): string {
  const texts = mailboxesIn([field], ['reply-to']).flatMap(({ name, address }) =>
    aliases.find(address).map((found) => mailboxText(displayName(name), found)),
  )
  return texts.length === 0 ? '' : formatField('Reply-To', [...new Set(texts)].join(', '))
}

/** True for a field that says what the body is. */
export function isOfMime({ name }: Field): boolean {
  const key = name.toLowerCase()
  return key === 'mime-version' || (key.startsWith('content-') && key !== 'content-length')
}
