import type { SubmitCommand } from '../../command-line/sendmail-arguments.ts'
import type { SubmissionRules } from '../../configuration/outbox-configuration.ts'
import { decodeBytes } from './encoded-words.ts'
import { formatField } from './format-field.ts'
import { type Mailbox, parseMailboxes } from './parse-mailboxes.ts'
import { displayName, mailboxText, original } from './recipient-fields.ts'
import type { Field } from './split-message.ts'
import type { Caller } from './submission.ts'

const listLimit = 2_000

/** From as it leaves, and what it was. */
export interface SenderFields {
  from: string
  original: string
  /** The account's address, unless the message has kept its own. */
  address?: string
}

/**
 * The sender is the account's address, unless the message has one that may stay; its name is what the
 * program called itself, with the login that the kernel knows: `From: root` of alice says alice.
 */
export function rewriteSender(
  fields: readonly Field[],
  command: Pick<SubmitCommand, 'name' | 'sender'>,
  rules: Pick<SubmissionRules, 'from' | 'fromAllowed' | 'fromName'>,
  caller: Caller & { host: string },
): SenderFields {
  const written = fields.find(({ name }) => name.toLowerCase() === 'from')
  const given = writtenSender(written) ?? commandSender(command)
  const name = displayName(given.name)
  const allowed = rules.fromAllowed.find(
    (address) => address.toLowerCase() === given.address.toLowerCase(),
  )
  if (allowed !== undefined) return { from: line(name, allowed), original: '' }
  const [local = ''] = given.address.split('@')
  const values: Record<string, string> = {
    name: name || displayName(local) || caller.login,
    user: caller.login,
    host: caller.host,
  }
  const shown = rules.fromName.replaceAll(
    /\{(name|user|host)\}/g,
    (_, key: string) => values[key] ?? '',
  )
  return {
    from: line(displayName(shown), rules.from),
    address: rules.from,
    original: original(
      fields.filter((field) => field === written),
      'From',
    ),
  }
}

function line(name: string, address: string): string {
  return formatField('From', mailboxText(name, address))
}

function writtenSender(field: Field | undefined): Mailbox | undefined {
  return field && parseMailboxes(decodeBytes(field.value.slice(0, listLimit)))[0]
}

/** -F and -f name who sends a message that does not say it. */
function commandSender({ name, sender = '' }: Pick<SubmitCommand, 'name' | 'sender'>): Mailbox {
  const [mailbox] = parseMailboxes(sender.slice(0, listLimit))
  return { address: '', ...mailbox, name: (name ?? mailbox?.name ?? '').slice(0, listLimit) }
}
