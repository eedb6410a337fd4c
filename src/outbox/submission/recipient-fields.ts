import { addressKey } from '../../spool/address-key.ts'
import { type Aliases } from './aliases.ts'
import { decodeBytes, decodeWords, encodePhrase, encodeText } from './encoded-words.ts'
import { mailboxesIn } from './envelope.ts'
import { formatField } from './format-field.ts'
import type { Mailbox } from './parse-mailboxes.ts'
import type { Field } from './split-message.ts'

const nameLimit = 100
const originalLimit = 2_000

interface Envelope {
  envelope: readonly string[]
  aliases: Aliases
  /** True where the way knows recipients from the header alone; SMTP servers pass a Bcc on. */
  namesHidden: boolean
}

/** The fields about recipients, in the form in which they leave. */
export interface RecipientFields {
  /** Bcc, To, Cc: exactly the envelope; without Bcc nobody beyond it. */
  recipients: string
  /** What To and Cc were, where somebody of them is not a recipient. */
  originals: string
}

/**
 * To, Cc and Bcc written again from the envelope: the APIs send to whom these fields name, so a name that
 * stays without being a recipient would get the message, past all rules.
 */
export function rewriteRecipients(
  fields: readonly Field[],
  { envelope, aliases, namesHidden }: Envelope,
): RecipientFields {
  const unlisted = new Map(envelope.map((address) => [addressKey(address), address]))
  const all = new Set(unlisted.keys())
  let recipients = ''
  let originals = ''
  for (const name of ['To', 'Cc']) {
    const mailboxes = mailboxesIn(fields, [name.toLowerCase()])
    const shown = mailboxes.flatMap((mailbox) => {
      const addresses = aliases.find(mailbox.address).map(addressKey)
      return addresses.flatMap((key) => show(mailbox, takeFrom(unlisted, key)))
    })
    const isComplete = mailboxes.every(({ address }) => {
      const addresses = aliases.find(address).map(addressKey)
      return addresses.length > 0 && addresses.every((key) => all.has(key))
    })
    if (shown.length > 0) recipients += formatField(name, shown.join(', '))
    if (!isComplete) originals += original(fields, name)
  }
  const others = hidden([...unlisted.values()], fields, namesHidden)
  return { recipients: others + recipients, originals }
}

/** One recipient of a message that names nobody is not a secret; several are not told of each other. */
function hidden(recipients: string[], fields: readonly Field[], namesHidden: boolean): string {
  if (recipients.length === 0) return ''
  const names = ['to', 'cc', 'bcc']
  const isNamed = fields.some(({ name }) => names.includes(name.toLowerCase()))
  if (recipients.length === 1 && !isNamed) return formatField('To', recipients.join(', '))
  return namesHidden ? formatField('Bcc', recipients.join(', ')) : ''
}

function takeFrom(unlisted: Map<string, string>, key: string): string | undefined {
  const address = unlisted.get(key)
  unlisted.delete(key)
  return address
}

/** A name of this machine is shown before the address that it became. */
function show({ name, address }: Mailbox, recipient: string | undefined): string[] {
  if (recipient === undefined) return []
  const shown = displayName(name) || (address.includes('@') ? '' : displayName(address))
  return [mailboxText(shown, recipient)]
}

/** A mailbox as a field names it. */
export function mailboxText(name: string, address: string): string {
  return name === '' ? address : `${encodePhrase(name)} <${address}>`
}

/** A name that a person reads, without an address in it: that would be shown in place of the true one. */
export function displayName(text: string): string {
  const name = decodeWords(text.slice(0, originalLimit))
    .replaceAll(/@[^\s@]*/g, '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
  return Array.from(name).slice(0, nameLimit).join('')
}

/** A field as it was, under a name that nobody sends by. */
export function original(fields: readonly Field[], name: string): string {
  const values = fields
    .filter((field) => field.name.toLowerCase() === name.toLowerCase())
    .map(({ value }) => decodeBytes(value.slice(0, originalLimit)))
  const value = values.join(', ').slice(0, originalLimit)
  return value === '' ? '' : formatField(`X-Original-${name}`, encodeText(value))
}
