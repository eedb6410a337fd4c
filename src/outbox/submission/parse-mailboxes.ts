import addressparser from 'nodemailer/lib/addressparser'
import { splitAddresses } from './split-addresses.ts'

/** One of a list of addresses: with a domain, or a name of this machine. */
export interface Mailbox {
  /** What a person reads; empty if there is none. */
  name: string
  /** As it was written: `me@example.org`, `root`. */
  address: string
}

/** What makes a list more than addresses between commas. */
const syntax = ['"', '(', '<', ':', '\\', '[']

/** The mailboxes of a list, in order, with those of its groups; what cannot be one is left to the reader. */
export function parseMailboxes(list: string): Mailbox[] {
  if (!syntax.some((sign) => list.includes(sign))) {
    return list
      .split(/[\s,;]/)
      .filter((address) => address !== '')
      .map((address) => ({ name: '', address }))
  }
  return splitAddresses(list).flatMap(parseOne)
}

/** What stands between two commas is one mailbox, or several without a comma between them. */
function parseOne(text: string): Mailbox[] {
  const mailboxes = addressparser(text, { flatten: true }).map(({ name, address }) =>
    address === '' ? { name: '', address: name } : { name, address },
  )
  const [only] = mailboxes
  // The parser forgets the comment of a name without a domain: Debian's cron writes `root (Cron Daemon)`.
  if (only !== undefined && mailboxes.length === 1 && only.name === '') {
    return [{ ...only, name: commentOf(text) }]
  }
  return mailboxes.filter(({ address }) => address !== '')
}

function commentOf(text: string): string {
  const start = text.indexOf('(')
  const end = text.indexOf(')', start)
  return start === -1 || end === -1 || text.includes('<') ? '' : text.slice(start + 1, end).trim()
}
