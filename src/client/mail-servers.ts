/**
 * The mail servers that may be given a token without being named by the person: whoever makes git or
 * Emacs ask for another one would be given the mailbox. examples/emacs/cms-oauth.el has the same.
 */
export const mailServers: readonly string[] = [
  'smtp.office365.com',
  'outlook.office365.com',
  'smtp-hve.office365.com',
  'smtp-mail.outlook.com',
  'imap-mail.outlook.com',
  'pop-mail.outlook.com',
  'smtp.office365.us',
  'outlook.office365.us',
  'outlook-dod.office365.us',
  'smtp.partner.outlook.cn',
  'partner.outlook.cn',
  'smtp.gmail.com',
  'smtp-relay.gmail.com',
  'imap.gmail.com',
  'pop.gmail.com',
  'smtp.googlemail.com',
  'imap.googlemail.com',
  'pop.googlemail.com',
  'smtp.fastmail.com',
  'imap.fastmail.com',
  'pop.fastmail.com',
  'smtp.mail.yahoo.com',
  'imap.mail.yahoo.com',
  'pop.mail.yahoo.com',
  'smtp.aol.com',
  'imap.aol.com',
  'pop.aol.com',
]

/** Whether a server is one of them, in any case of letters, with or without a port and a final dot. */
export function isMailServer(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').replace(/\.$/, '')
  return mailServers.includes(name.toLowerCase())
}
