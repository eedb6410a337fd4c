/**
 * The message as it goes to these recipients by an API, to which the header is the envelope: To, Cc and Bcc
 * name them and nobody else, whatever they named when it was stored. Since then some may have got it by
 * another way, and the outbox that stored it may have sent by SMTP, where nobody hidden is named. What To
 * and Cc showed stays to be read, under names that no server takes for addresses.
 */
import { addressKey } from '../spool/address-key.ts'
import { joinFields, splitFields, type StoredHeader, valueOf } from './header-fields.ts'
import { type StoredMailbox, storedMailboxes } from './stored-mailboxes.ts'

type Fields = StoredHeader['fields']

const addressFields = ['to', 'cc', 'bcc']

/** The message itself, where its header names these already. */
export function messageFor(recipients: readonly string[], message: Buffer): Buffer {
  const { fields, rest } = splitFields(message)
  if (namesExactly(fields, recipients)) return message
  const names = new Set(fields.map(({ name }) => name))
  const unnamed = new Map(recipients.map((address) => [addressKey(address), address]))
  const shown = (['To', 'Cc'] as const).map((name) => {
    return { name, texts: take(mailboxesOf(fields, name.toLowerCase()) ?? [], unnamed) }
  })
  const isOne = recipients.length === 1
  const header = isOne
    ? [write('To', [...shown.flatMap(({ texts }) => texts), ...unnamed.values()])]
    : [...shown.map(({ name, texts }) => write(name, texts)), write('Bcc', [...unnamed.values()])]
  const kept = fields.flatMap(({ name, text }) => {
    if (!addressFields.includes(name)) return [text]
    const isShown = name !== 'bcc' && !names.has(`x-original-${name}`)
    return isShown && !isCovered(text, recipients) ? [`X-Original-${text}`] : []
  })
  return joinFields(
    [...header, ...kept].filter((text) => text !== ''),
    rest,
  )
}

/** By fields of which there is one each, before those of MIME: some servers read no further. */
function namesExactly(fields: Fields, recipients: readonly string[]): boolean {
  const mime = fields.findIndex(
    ({ name }) => name === 'mime-version' || name.startsWith('content-'),
  )
  const last = fields.findLastIndex(({ name }) => addressFields.includes(name))
  if (mime !== -1 && mime < last) return false
  const named: string[] = []
  for (const name of addressFields) {
    const mailboxes = mailboxesOf(fields, name)
    if (mailboxes === undefined) return false
    named.push(...mailboxes.map(({ address }) => addressKey(address)))
  }
  const wanted = new Set(recipients.map(addressKey))
  const isEachOnce = new Set(named).size === named.length
  return isEachOnce && named.length === wanted.size && named.every((key) => wanted.has(key))
}

/** None where there is no such field; undefined where there are several, or it cannot be read. */
function mailboxesOf(fields: Fields, wanted: string): StoredMailbox[] | undefined {
  const [field, ...more] = fields.filter(({ name }) => name === wanted)
  if (field === undefined) return []
  return more.length === 0 ? storedMailboxes(valueOf(field.text)) : undefined
}

/** Those of the mailboxes that are wanted, each once. */
function take(mailboxes: readonly StoredMailbox[], unnamed: Map<string, string>): string[] {
  return mailboxes
    .filter(({ address }) => unnamed.delete(addressKey(address)))
    .map(({ text }) => text)
}

function isCovered(field: string, recipients: readonly string[]): boolean {
  const wanted = new Set(recipients.map(addressKey))
  const mailboxes = storedMailboxes(valueOf(field))
  return (
    mailboxes !== undefined && mailboxes.every(({ address }) => wanted.has(addressKey(address)))
  )
}

function write(name: string, mailboxes: readonly string[]): string {
  return mailboxes.length === 0 ? '' : `${name}: ${mailboxes.join(',\r\n ')}`
}
