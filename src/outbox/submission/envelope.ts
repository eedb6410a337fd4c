import type { SubmitCommand } from '../../command-line/sendmail-arguments.ts'
import { AddressInvalidError, UsageError } from '../../errors.ts'
import { addressKey } from '../../spool/address-key.ts'
import type { Aliases } from './aliases.ts'
import { decodeBytes } from './encoded-words.ts'
import { type Mailbox, parseMailboxes } from './parse-mailboxes.ts'
import type { Field } from './split-message.ts'

/** RFC 5321 section 4.5.3.1.8 has 100 for a server, Gmail and Graph take 500. */
export const recipientLimit = 500
/** Letters of all addresses together. */
const listLimit = 2 * 1024 * 1024

/** More than a message may have. */
export class TooManyRecipientsError extends AddressInvalidError {
  constructor() {
    super(`more than ${recipientLimit} recipients`, { hint: 'send it to a list, or in parts' })
  }
}

/** The mailboxes in the fields of these names, in order. */
export function mailboxesIn(fields: readonly Field[], names: readonly string[]): Mailbox[] {
  return fields
    .filter(({ name }) => names.includes(name.toLowerCase()))
    .flatMap(({ value }) => parseMailboxes(decodeBytes(value.slice(0, listLimit))))
}

/**
 * To whom a message goes: the arguments, and with -t its fields, each by what its alias names.
 * @throws UsageError without recipients, AddressInvalidError, RecipientUnknownError, NotPermittedError
 */
export function computeEnvelope(
  command: SubmitCommand,
  fields: readonly Field[],
  aliases: Aliases,
): string[] {
  for (const list of command.addresses) assertPlain(list)
  const given = command.addresses.flatMap((list) => parseMailboxes(list.slice(0, listLimit)))
  const named = command.readsRecipients ? mailboxesIn(fields, recipientFields(fields)) : []
  const envelope = new Map<string, string>()
  for (const { address } of [...given, ...named]) {
    for (const recipient of aliases.resolve(address)) envelope.set(addressKey(recipient), recipient)
    if (envelope.size > recipientLimit) throw new TooManyRecipientsError()
  }
  const recipients = [...envelope.values()]
  if (recipients.length === 0) throw nobody(command)
  for (const recipient of recipients) aliases.assertAllowed(recipient)
  return recipients
}

/** Of a field the reader has taken them out; nobody types them into an argument. */
function assertPlain(list: string): void {
  if (!/\p{Cc}/u.test(list)) return
  throw new AddressInvalidError('an address has a control character', {
    hint: 'name addresses as arguments of their own, or with commas between',
  })
}

/** RFC 5322 section 3.6.6: who sends it again names whom it is for now. */
function recipientFields(fields: readonly Field[]): string[] {
  const again = ['resent-to', 'resent-cc', 'resent-bcc']
  const isResent = fields.some(({ name }) => again.includes(name.toLowerCase()))
  return isResent ? again : ['to', 'cc', 'bcc']
}

function nobody({ readsRecipients }: SubmitCommand): UsageError {
  return readsRecipients
    ? new UsageError('the message does not name recipients', {
        hint: 'give it a To, Cc or Bcc, or name addresses after the options',
      })
    : new UsageError('no recipients', {
        hint: 'name addresses after the options, or use -t to take them from the message',
      })
}
