import type { SubmissionRules } from '../../configuration/outbox-configuration.ts'
import { type EntryHead, entryVersion, type SpoolEntry } from '../../spool/entry.ts'
import { acceptedAt } from '../spool/entry-id.ts'
import { mailboxesIn } from '../submission/envelope.ts'
import { splitHeader } from '../submission/split-message.ts'
import { messageDelimiter } from './create-digest.ts'

const headerEnd = '\r\n\r\n'

/**
 * What a digest holds, each as it was before, for those whom the digest is still for; undefined where it is not as
 * createDigest makes it.
 */
export function heldEntries(
  { head, message }: SpoolEntry,
  { fromAllowed }: Pick<SubmissionRules, 'fromAllowed'>,
): SpoolEntry[] | undefined {
  const { holds = [] } = head
  const messages = heldMessages(message)
  if (holds.length === 0 || messages?.length !== holds.length) return undefined
  const kept = new Set(fromAllowed.map((address) => address.toLowerCase()))
  return messages.map((each, index) => ({
    head: headOf(holds[index] ?? '', each, head, kept),
    message: each,
  }))
}

/** The messages, byte for byte. Its boundary is in no field that a caller has written, and in none of them. */
function heldMessages(digest: Buffer): Buffer[] | undefined {
  const type = fieldsOf(digest).find(({ name }) => name === 'Content-Type')?.value ?? ''
  const [, boundary] = /^multipart\/mixed; {0,2}boundary="=_([0-9a-f]{32})"$/.exec(type) ?? []
  if (boundary === undefined) return undefined
  const { begin, end } = messageDelimiter(boundary)
  const messages: Buffer[] = []
  for (let at = digest.indexOf(begin); at !== -1;) {
    const start = at + begin.length
    const next = digest.indexOf(begin, start)
    const last = next === -1 ? digest.indexOf(end, start) : next
    if (last === -1) return undefined
    messages.push(digest.subarray(start, last))
    at = next
  }
  return messages
}

function headOf(
  id: string,
  message: Buffer,
  { uid, login, by, rcpt, alone }: EntryHead,
  kept: ReadonlySet<string>,
): EntryHead {
  const fields = fieldsOf(message)
  const [sender] = mailboxesIn(fields, ['from'])
  const messageId = fields.find(({ name }) => name.toLowerCase() === 'message-id')?.value ?? ''
  return {
    v: entryVersion,
    id,
    at: acceptedAt(id),
    uid,
    login,
    ...(by && { by }),
    rcpt,
    size: message.length,
    message_id: messageId,
    ...(sender && !kept.has(sender.address.toLowerCase()) && { from: sender.address }),
    ...(alone && { alone }),
    apart: true,
  }
}

function fieldsOf(message: Buffer) {
  const end = message.indexOf(headerEnd)
  const header = end === -1 ? message : message.subarray(0, end)
  return splitHeader(Buffer.from(header.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'))
    .fields
}
