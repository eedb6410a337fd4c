import { addressKey } from '../spool/address-key.ts'
import type { SpoolEntry } from '../spool/entry.ts'
import { joinFields, splitFields, valueOf } from './header-fields.ts'
import { storedMailboxes } from './stored-mailboxes.ts'

/**
 * The entry as this account sends it. Where its outbox got another account since it was stored, From has an
 * address that is not ours to send from: Graph would refuse it each time. What the message has kept of its
 * own stays.
 */
export function fromAccount(entry: SpoolEntry, account: string): SpoolEntry {
  const { head, message } = entry
  const { from } = head
  if (from === undefined || addressKey(from) === addressKey(account)) return entry
  const { fields, rest } = splitFields(message)
  const texts = fields.map(({ name, text }) =>
    name === 'from' ? written(text, from, account) : text,
  )
  const changed = joinFields(texts, rest)
  return { head: { ...head, from: account, size: changed.length }, message: changed }
}

function written(field: string, from: string, account: string): string {
  const [mailbox, ...more] = storedMailboxes(valueOf(field)) ?? []
  if (mailbox?.address !== from || more.length > 0) return field
  return `From: ${mailbox.text.slice(0, mailbox.text.lastIndexOf(from))}${account}${mailbox.text.endsWith('>') ? '>' : ''}`
}
