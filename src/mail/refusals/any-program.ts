/** What Postfix, Exim and other programs say of themselves, whoever runs them. */
import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'
import { revokedFirst } from '../../provider-facts/refusals/revoked-first.ts'

const submission =
  'use the submission server of your provider, at port 587 or 465, with a login in the mail program'
const postfix = 'https://www.postfix.org/postconf.5.html'

/** Rows for words that no single provider has for itself. */
export const anyProgram: readonly RefusalRow[] = [
  {
    protocols: ['SMTP'],
    words: /sender address rejected: not (?:owned|logged in)|relaying disallowed as/i,
    endedBy: 'operator',
    meaning: 'this account may not send under that address',
    nextStep: 'send under the address of the account, or have the server allow the other one',
    example: '553 5.7.1 <a@b.example>: Sender address rejected: not owned by user user@domain.com',
    source: `${postfix}#reject_sender_login_mismatch`,
  },
  {
    protocols: ['SMTP'],
    words: /relay(?:ing)? (?:access )?(?:denied|not permitted)/i,
    endedBy: 'operator',
    meaning: 'mail was sent without a login, or to another server than the one for submission',
    nextStep: submission,
    example: '554 5.7.1 <x@y.example>: Relay access denied',
    source: `${postfix}#smtpd_relay_restrictions`,
  },
  {
    protocols: ['SMTP'],
    words: /authentication not enabled|AUTH command used when not advertised/i,
    endedBy: 'operator',
    meaning: 'this port does not accept logins',
    nextStep: submission,
    example: '503 5.5.1 Error: authentication not enabled',
    source: `${postfix}#smtpd_sasl_auth_enable`,
  },
  {
    words: /connection lost to authentication server/i,
    endedBy: 'waits',
    meaning: 'the server cannot ask who may log in',
    nextStep: 'try again in {minutes}',
    minutes: 5,
    example: '535 5.7.8 Error: authentication failed: Connection lost to authentication server',
    source: 'https://www.postfix.org/SASL_README.html',
  },
  {
    protocols: ['SMTP'],
    stages: ['greeting'],
    words: /ESMTP service not available/i,
    endedBy: 'waits',
    meaning: 'the server does not talk to this network now',
    nextStep: 'try again in {minutes}; if it keeps happening, submit from another network',
    minutes: 30,
    example: '554 gmx.net (mrgmx001) Nemesis ESMTP Service not available',
    source: 'https://postmaster.gmx.net/en/error-messages',
  },
  {
    protocols: ['SMTP'],
    stages: ['login'],
    words: /command not implemented|command not recognized/i,
    endedBy: 'operator',
    meaning: 'this port does not accept logins',
    nextStep: submission,
    example: '502 5.5.1 Error: command not implemented',
    source: 'https://github.com/nodemailer/nodemailer/issues/878',
  },
  {
    protocols: ['IMAP'],
    code: 'NO',
    words: /invalid credentials or IMAP is disabled/i,
    endedBy: 'owner',
    isOfToken: true,
    meaning:
      'mail programs are switched off in the settings of the mailbox, or the token is of another',
    nextStep: `${revokedFirst}open the settings of the mailbox on the web and allow IMAP with OAuth; then compare --user with that mailbox`,
    example: 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials or IMAP is disabled',
    source: 'https://github.com/Foundry376/Mailspring/issues/904',
  },
]
