import type { MailServer } from '../../mail/mail-server.ts'

/** The values that are filled into the examples. */
export interface Filling {
  user: string
  /** Empty: the address stands alone. */
  personName: string
  smtp: MailServer
  imap: MailServer
  /** The name of the account, for programs that need one. */
  name: string
  /** How `cms-oauth` is called: its path where it is not in PATH. */
  client: string
  /** The socket for exim. */
  socketPath: string
}

/** The text of an example for an address and its servers; nothing in it is left to be edited. */
export function fillExample(text: string, filling: Filling): string {
  const { user, personName, smtp, imap, name, client, socketPath } = filling
  const sender = personName === '' ? user : `${personName} <${user}>`
  return withoutNotes(text)
    .replace(/^account gmail\n(?:.+\n)*\n/m, '')
    .replaceAll(/^(account (?:default : )?)office365$/gm, (_, start: string) => `${start}${name}`)
    .replace(/^\[office365\]$/m, () => `[${name}]`)
    .replaceAll(/User Name <user@domain(\.com)?>/g, () => sender)
    .replaceAll(/user@domain(\.com)?\b/g, () => user)
    .replaceAll(/user%40domain(\.com)?\b/g, () => encodeURIComponent(user))
    .replaceAll('smtp.office365.com', smtp.host)
    .replaceAll('outlook.office365.com', imap.host)
    .replaceAll(/\b587\b/g, String(smtp.port))
    .replaceAll(/\b993\b/g, String(imap.port))
    .replaceAll(/\bcms-oauth(?=",? ?"?--| --user)/g, () => client)
    .replaceAll('/home/XX/mail/.cms/exim/cms.sock', () => socketPath)
    .replace(/^tls_starttls on$/m, (line) => (smtp.isImplicitTls ? 'tls_starttls off' : line))
    .replaceAll('smtp://', smtp.isImplicitTls ? 'smtps://' : 'smtp://')
}

/**
 * Removes notes about values that are filled in now; a choice that is left remains as a plain
 * comment.
 */
function withoutNotes(text: string): string {
  return text.replaceAll(/^[#\t ]*EDIT the .*\n/gm, '').replaceAll(/# EDIT where/g, '# Where')
}
