/** Yahoo, Yandex, Zoho and others that take tokens. */
import type { RefusalRow } from './refusal-row.ts'

const signIn = 'compare --user with who signed in; then run "cms-oauth login {user}"'

/** Rows for words that neither Microsoft nor Google use. */
export const others: readonly RefusalRow[] = [
  {
    protocols: ['IMAP'],
    words: /AUTHENTICATE Invalid credentials/i,
    endedBy: 'person',
    meaning: 'the server accepts this token for another account, or not at all',
    nextStep: signIn,
    appOnly: {
      endedBy: 'administrator',
      nextStep: 'an administrator must allow the application to use this mailbox',
    },
    example: 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials',
    source: 'https://github.com/postalsys/imapflow/issues/75',
  },
  {
    protocols: ['SMTP'],
    words: /#AUTH005/,
    endedBy: 'waits',
    meaning: 'there were too many attempts',
    nextStep: 'try again in {minutes}',
    minutes: 60,
    example: '535 5.7.0 (#AUTH005) Too many bad auth attempts.',
    source: 'https://senders.yahooinc.com/smtp-error-codes/',
  },
  {
    words: /does not have access rights to this service/i,
    endedBy: 'owner',
    meaning: 'mail programs are switched off in the settings of the mailbox',
    nextStep:
      'open the settings of the mailbox on the web and allow mail programs (IMAP or POP, with OAuth)',
    example:
      '535 5.7.8 Error: authentication failed: This user does not have access rights to this service',
    source: 'https://yandex.com/support/yandex-360/customers/mail/en/mail-clients/others',
  },
  {
    words: /yet to enable (?:imap|pop)|disabled from accessing (?:imap|pop)/i,
    endedBy: 'owner',
    meaning: 'the protocol is off in the settings of the mailbox',
    nextStep: 'switch it on in the settings of the mailbox on the web, under "Mail Accounts"',
    example:
      'NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator',
    source: 'https://www.zoho.com/mail/help/imap-access.html',
  },
  {
    words:
      /temporarily (?:blocked|locked|suspended|restricted)|account (?:is |has been )?(?:blocked|locked|suspended|restricted)/i,
    endedBy: 'owner',
    meaning: 'the provider has locked the mailbox',
    nextStep: 'log in to the mailbox with a browser and follow what it asks',
    example: 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Account is temporarily locked',
    source: 'https://github.com/mscdex/node-imap/issues/782',
  },
  {
    protocols: ['SMTP'],
    words: /spamhaus|block ?list|blacklist|listed (?:at|by|in)|\[BL\d+\]|poor reputation/i,
    endedBy: 'operator',
    meaning: 'the address of this network is on a spam blocklist',
    nextStep:
      'submit from another network, or ask the owner of this network to have it removed from the list',
    example: '554 5.7.1 Service refused; client host blocked using zen.spamhaus.org',
    source: 'https://www.spamhaus.org/faqs/',
  },
]
