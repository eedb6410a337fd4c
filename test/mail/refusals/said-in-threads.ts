import type { ServerReply } from '../../../src/mail/refusals/find-refusal.ts'
import type { EndedBy } from '../../../src/provider-facts/refusals/refusal-row.ts'

/** What a server said, where, and who has to end it. */
export type Seen = [
  where: `${ServerReply['protocol']} ${ServerReply['stage']}`,
  said: string,
  endedBy: EndedBy,
]

/** Searched out in threads of people who send by nodemailer, msmtp, Postfix and scripts of their own. */
export const inThreads: Record<'microsoft' | 'google' | 'others', Seen[]> = {
  microsoft: [
    ['POP login', '-ERR Server Unavailable. 21', 'waits'],
    ['POP login', '-ERR Protocol error. Connection is closed. 10', 'operator'],
    ['IMAP select', 'BYE Session invalidated - AccessTokenExpired', 'waits'],
    [
      'SMTP mail',
      '430 4.2.0 STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception:ConnectionFailedTransientException.MapiExceptionLogonFailed; Failed to process message due to a transient exception with message [BeginDiagnosticData]Cannot open mailbox.',
      'administrator',
    ],
    [
      'SMTP mail',
      '554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception with message [BeginDiagnosticData]WASCL UserAction verdict is not None. Actual verdict is HipSend, ShowTierUpgrade.',
      'owner',
    ],
    [
      'SMTP mail',
      '550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains.',
      'administrator',
    ],
    ['SMTP mail', '452 4.3.1 Insufficient system resources (UsedVersionBuckets[C:])', 'waits'],
    [
      'SMTP mail',
      "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
      'waits',
    ],
    [
      'SMTP mail',
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
      'administrator',
    ],
  ],
  google: [
    ['SMTP mail', '530 5.7.0 Must issue a STARTTLS command first. 5sm123 - gsmtp', 'operator'],
    ['SMTP login', '454 4.7.0 Too many login attempts, please try again later. 12sm', 'waits'],
    [
      'SMTP login',
      '454 4.7.0 Cannot authenticate due to temporary system problem. Try again later. (10)',
      'waits',
    ],
    ['SMTP mail', '421 4.7.28 Gmail has detected an unusual rate of unsolicited mail', 'waits'],
    ['SMTP login', '535 5.7.1 Username and Password not accepted', 'person'],
    ['POP login', '-ERR [AUTH] Web login required: https://support.google.com/mail', 'owner'],
    [
      'SMTP mail',
      '550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.',
      'operator',
    ],
    [
      'SMTP mail',
      '550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.',
      'administrator',
    ],
    ['SMTP mail', "452 4.2.2 The recipient's inbox is out of storage space.", 'waits'],
    ['SMTP mail', "552 5.2.2 The recipient's inbox is out of storage space.", 'owner'],
    [
      'SMTP mail',
      '553 5.1.3 The recipient address <x> is not a valid RFC 5321 address.',
      'operator',
    ],
    [
      'SMTP mail',
      '550 5.1.1 The email account that you tried to reach does not exist.',
      'operator',
    ],
    ['IMAP login', 'NO [ALERT] Application-specific password required (Failure)', 'operator'],
  ],
  others: [
    ['SMTP mail', '552 5.3.4 Message size exceeds fixed maximum message size', 'operator'],
    [
      'SMTP mail',
      '554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc',
      'operator',
    ],
    ['SMTP mail', '450 4.2.0 <x>: Recipient address rejected: Greylisted', 'waits'],
    ['SMTP mail', '554 5.4.14 Hop count exceeded - possible mail loop', 'operator'],
    [
      'SMTP mail',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
      'operator',
    ],
    [
      'SMTP mail',
      '554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException',
      'owner',
    ],

    ['SMTP login', '535 Error: authentication failed', 'person'],
    ['SMTP login', '502 5.5.1 Error: command not implemented', 'operator'],
    [
      'SMTP login',
      '538 5.7.11 Encryption required for requested authentication mechanism',
      'operator',
    ],
    ['IMAP login', 'NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials', 'person'],
    [
      'SMTP login',
      '535 5.7.8 Error: authentication failed: another step is needed in authentication',
      'person',
    ],
    ['SMTP greeting', '421 Too many concurrent SMTP connections; please try again later.', 'waits'],
    ['IMAP greeting', 'BYE Too many connections from this IP', 'waits'],
    [
      'IMAP login',
      'NO [UNAVAILABLE] Internal error occurred. Refer to server log for more information.',
      'waits',
    ],
    ['IMAP login', 'NO Invalid credentials or IMAP is disabled', 'owner'],
    ['SMTP login', '535 Authentication Failed for user@domain.com. Please check it', 'person'],
    ['SMTP login', '535 5.7.8 Authentication credentials invalid', 'person'],
    ['SMTP mail', '451 4.7.1 Greylisting in action, please come back later', 'waits'],
  ],
}
