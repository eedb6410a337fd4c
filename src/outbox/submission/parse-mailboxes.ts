import addressparser from 'nodemailer/lib/addressparser'

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
  const entries = addressparser(list, { flatten: true })
  const mailboxes = entries.map(({ name, address }) =>
    address === '' ? { name: '', address: name } : { name, address },
  )
  const [only] = mailboxes
  // The parser forgets the comment of a name without a domain: Debian's cron writes `root (Cron Daemon)`.
  if (only !== undefined && mailboxes.length === 1 && only.name === '') {
    return [{ ...only, name: commentOf(list) }]
  }
  return mailboxes.filter(({ address }) => address !== '')
}

function commentOf(list: string): string {
  const start = list.indexOf('(')
  const end = list.indexOf(')', start)
  return start === -1 || end === -1 || list.includes('<') ? '' : list.slice(start + 1, end).trim()
}
