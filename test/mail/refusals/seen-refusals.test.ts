/** What servers were seen to say, in full, and who has to end it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccountFacts } from '../../../src/mail/account-facts.ts'
import { findRefusal, type ServerReply } from '../../../src/mail/refusals/find-refusal.ts'
import { inThreads, type Seen } from './said-in-threads.ts'
import { withoutCode } from './said-without-code.ts'

const microsoft: Seen[] = [
  [
    'SMTP login',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com]',
    'administrator',
  ],
  [
    'SMTP login',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information.',
    'administrator',
  ],
  [
    'SMTP login',
    "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.",
    'administrator',
  ],
  [
    'SMTP login',
    '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.',
    'administrator',
  ],
  [
    'SMTP login',
    '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
    'operator',
  ],
  [
    'SMTP login',
    '535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.',
    'person',
  ],
  ['SMTP login', '535 5.7.3 Authentication unsuccessful [LO4P302CA0005.GBRP302]', 'operator'],
  [
    'SMTP login',
    '501 5.5.124 Invalid XOAUTH2 auth data: User address provided is not valid',
    'operator',
  ],
  ['SMTP login', '501 5.5.127 token expires in less than ten minutes', 'operator'],
  [
    'SMTP mail',
    '530 5.7.57 Client not authenticated to send mail. [server.prod.outlook.com]',
    'operator',
  ],
  [
    'SMTP login',
    '550 5.7.30 Basic authentication is not supported for Client Submission.',
    'operator',
  ],
  [
    'SMTP greeting',
    '421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade/update your client to support TLS 1.2.',
    'operator',
  ],
  ['IMAP select', 'BAD User is authenticated but not connected.', 'operator'],
  ['IMAP login', 'BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds', 'waits'],
  ['IMAP select', 'BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds', 'waits'],
  ['IMAP login', 'NO Server Unavailable. 15', 'waits'],
  ['IMAP select', 'NO Server Unavailable. 15', 'waits'],
  ['IMAP login', 'BYE Connection is closed. 13', 'waits'],
  [
    'IMAP login',
    'NO LOGIN failed. Account is blocked. Login to your account via a web browser to verify your identity.',
    'owner',
  ],
  // searched out
  ['IMAP select', 'BYE Connection closed. 14', 'waits'],
  ['IMAP login', 'NO AUTHENTICATE failed.', 'operator'],
  ['IMAP login', 'BAD Command Argument Error. 12', 'operator'],
  ['SMTP login', '451 4.7.0 Temporary server error. Please try again later. PRX4', 'waits'],
  ['SMTP login', '454 4.7.0 Temporary authentication failure [AM6P193CA0001]', 'waits'],
  ['SMTP mail', '432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms', 'waits'],
  [
    'SMTP mail',
    '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=x.prod]',
    'waits',
  ],
  ['SMTP mail', '554 5.2.252 not allowed', 'administrator'],
  ['SMTP mail', '550 5.7.60 not allowed', 'administrator'],
  [
    'SMTP mail',
    '554 5.2.252 SendAsDenied; user@domain.com not allowed to send as other@domain.com',
    'administrator',
  ],
  ['SMTP mail', '550 5.1.8 Access denied, bad outbound sender AS(42004)', 'administrator'],
  ['SMTP login', '504 5.7.4 Unrecognized Authentication Type', 'administrator'],
  ['SMTP greeting', '421 4.3.2 Service not available', 'waits'],
  ['POP login', '-ERR Authentication failure: unknown user name or bad password.', 'operator'],
  [
    'SMTP mail',
    '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception',
    'waits',
  ],
  [
    'SMTP mail',
    '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
    'administrator',
  ],
  [
    'SMTP greeting',
    '421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel',
    'waits',
  ],
  [
    'SMTP mail',
    '530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM',
    'operator',
  ],
  ['SMTP mail', '550 5.7.705 Access denied, tenant has exceeded threshold', 'administrator'],
  ['SMTP greeting', '451 4.7.500 Server busy. Please try again later from [192.0.2.1].', 'waits'],
  ['POP login', '-ERR Logon failure: unknown user name or bad password.', 'operator'],
  ['SMTP mail', '550 5.7.501 Access denied, spam abuse detected', 'administrator'],
  [
    'SMTP mail',
    '550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.',
    'administrator',
  ],
  ['SMTP login', '535 5.7.139 Authentication unsuccessful, the user account is locked', 'owner'],
]

const google: Seen[] = [
  ['SMTP login', '535 5.7.8 Username and Password not accepted. For more information', 'person'],
  ['IMAP login', 'NO [ALERT] Too many simultaneous connections. (Failure)', 'waits'],
  [
    'IMAP login',
    'NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)',
    'owner',
  ],
  [
    'IMAP login',
    'NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)',
    'administrator',
  ],
  [
    'IMAP login',
    'NO [ALERT] Failure [WEBALERT https://accounts.google.com/signin/continue] Web login required.',
    'owner',
  ],
  [
    'IMAP login',
    'NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)',
    'owner',
  ],
  ['POP login', '-ERR [SYS/PERM] Your account is not enabled for POP access.', 'owner'],
  [
    'SMTP login',
    '534 5.7.14 <https://accounts.google.com/signin/continue?sarp=1> Please log in via your web browser and then try again.',
    'owner',
  ],
  // searched out
  ['IMAP login', 'NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)', 'person'],
  ['IMAP login', 'NO [ALERT] Account exceeded command or bandwidth limits. (Failure)', 'waits'],
  ['SMTP login', '534 5.7.9 Application-specific password required. Learn more', 'operator'],
  [
    'SMTP login',
    '454 4.7.0 Too many login attempts, please try again later. Learn more at https://support.google.com/mail/answer/7126229',
    'waits',
  ],
  ['SMTP mail', '421 4.7.0 Temporary System Problem. Try again later (10).', 'waits'],
  ['SMTP greeting', '421 4.7.0 Try again later, closing connection.', 'waits'],
  ['SMTP greeting', '421 4.4.5 Server busy, try again later.', 'waits'],
  ['SMTP mail', '550 5.4.5 Daily user sending limit exceeded. For more information', 'waits'],
  ['SMTP mail', '530 5.7.0 Authentication Required. For more information', 'operator'],
  ['SMTP login', '555 5.5.2 Syntax error, goodbye. x-gsmtp', 'operator'],
  [
    'SMTP login',
    '454 4.7.0 Cannot authenticate due to a temporary system problem. Try again later. x-gsmtp',
    'waits',
  ],
  [
    'SMTP mail',
    '550 5.7.1 Invalid credentials for relay [192.0.2.1]. The IP address you have registered',
    'administrator',
  ],
  [
    'SMTP mail',
    '421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address',
    'waits',
  ],
  ['IMAP login', 'BAD Client aborted AUTHENTICATE command.', 'person'],
  ['IMAP login', 'NO [ALERT] Invalid credentials (Failure)', 'person'],
  [
    'SMTP login',
    '454 4.7.0 Too many login attempts, please try again later. For more information, go to https://support.google.com/mail/answer/7126229',
    'waits',
  ],
  ['SMTP greeting', '421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp', 'waits'],
  [
    'SMTP mail',
    '550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to',
    'waits',
  ],
  ['SMTP login', '534 5.7.9 Application-specific password required. Learn more at', 'operator'],
  ['SMTP login', '534 5.7.9 Please log in with your web browser and then try again.', 'owner'],
  ['IMAP select', 'NO [OVERQUOTA] Account exceeded command or bandwidth limits', 'waits'],
  ['POP login', '-ERR [AUTH] Username and password not accepted.', 'person'],
  [
    'POP login',
    '-ERR [SYS/TEMP] Temporary problem accessing account. Please try again later.',
    'waits',
  ],
]

const others: Seen[] = [
  ['IMAP login', 'NO [LIMIT] AUTHENTICATE Rate limit hit', 'waits'],
  ['IMAP login', 'NO [SERVERBUG] AUTHENTICATE Server error - Please try again later', 'waits'],
  ['IMAP login', 'NO [UNAVAILABLE] AUTHENTICATE Server error', 'waits'],
  ['IMAP select', 'NO [INUSE] SELECT mailbox in use', 'waits'],
  ['POP login', '-ERR [IN-USE] Do you have another POP session running?', 'waits'],
  ['POP login', '-ERR [LOGIN-DELAY] minimum time between mail checks violation', 'waits'],
  ['POP login', '-ERR [SYS/TEMP] mailbox is locked', 'waits'],
  // searched out
  ['IMAP login', 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials', 'person'],
  ['SMTP login', '535 5.7.0 (#AUTH005) Too many bad auth attempts.', 'waits'],
  ['IMAP login', 'NO Authentication rate limit from one source exceeded', 'waits'],
  ['IMAP login', 'BYE Server shutting down.', 'waits'],
  [
    'IMAP login',
    'NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)',
    'waits',
  ],
  ['IMAP login', 'NO [UNAVAILABLE] Temporary authentication failure.', 'waits'],
  ['POP greeting', '-ERR [SYS/TEMP] Temporary system problem. Please try again later', 'waits'],
  [
    'SMTP login',
    '535 5.7.8 Error: authentication failed: This user does not have access rights to this service',
    'owner',
  ],
  [
    'IMAP login',
    'NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator',
    'owner',
  ],
  [
    'SMTP greeting',
    '554 5.7.1 Service unavailable; client blocked using zen.spamhaus.org',
    'operator',
  ],
  [
    'SMTP login',
    '538 5.7.11 Encryption required for requested authentication mechanism',
    'operator',
  ],
  ['SMTP login', '525 5.7.13 User Account Disabled', 'administrator'],
  [
    'IMAP login',
    'NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials or IMAP is disabled sc=ebI8JB0ug4Y1_290737_53p',
    'owner',
  ],
  [
    'IMAP login',
    'NO [AUTHENTICATIONFAILED] Incorrect username, password or access token.',
    'person',
  ],
  ['SMTP login', '535 5.7.0 Incorrect username or password', 'person'],
  ['SMTP mail', '553 Relaying disallowed as user@domain.com', 'operator'],
  [
    'SMTP mail',
    '553 5.7.1 <a@b.example>: Sender address rejected: not owned by user user@domain.com',
    'operator',
  ],
  ['SMTP mail', '554 5.7.1 <x@y.example>: Relay access denied', 'operator'],
  ['SMTP login', '503 5.5.1 Error: authentication not enabled', 'operator'],
  [
    'SMTP login',
    '535 5.7.8 Error: authentication failed: Connection lost to authentication server',
    'waits',
  ],
  ['SMTP login', '435 Unable to authenticate at present', 'waits'],
  ['SMTP login', '503 AUTH command used when not advertised', 'operator'],
  [
    'SMTP login',
    '535 5.7.0 NEOBHODIM parol prilozheniya / Application password is REQUIRED',
    'operator',
  ],
  ['SMTP greeting', '554 gmx.net (mrgmx001) Nemesis ESMTP Service not available', 'waits'],
  [
    'SMTP greeting',
    '421 4.7.0 smtp.example.org Error: too many connections from 192.0.2.1',
    'waits',
  ],
  ['SMTP tls', '454 4.7.0 TLS not available due to local problem', 'waits'],
  ['IMAP login', 'NO [EXPIRED] Credential expired', 'person'],
  ['IMAP select', 'NO [NONEXISTENT] Unknown Mailbox: INBOX', 'operator'],
  ['IMAP login', 'NO [UNAVAILABLE] AUTHENTICATE Server error - Please try again later', 'waits'],
  ['IMAP login', 'NO [INUSE] AUTHENTICATE Account is already in use', 'waits'],
  [
    'IMAP login',
    'NO [AUTHENTICATIONFAILED] AUTHENTICATE invalid credentials or IMAP is disabled sc=abc',
    'owner',
  ],
  [
    'SMTP login',
    '535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external',
    'operator',
  ],
  ['SMTP mail', '553 5.7.1 Sender address rejected: not owned by auth user.', 'operator'],
  ['IMAP login', 'NO [CONTACTADMIN] Account disabled', 'administrator'],
  ['IMAP login', 'NO [EXPIRED] That token has expired', 'person'],
  ['IMAP login', 'NO [PRIVACYREQUIRED] Connection offers no privacy', 'operator'],
  ['IMAP login', 'NO [LIMIT] Too many connections from your IP', 'waits'],
  [
    'SMTP login',
    '454 4.7.0 Temporary authentication failure: Connection lost to authentication server',
    'waits',
  ],
]

const all = {
  microsoft: [...microsoft, ...inThreads.microsoft],
  google: [...google, ...inThreads.google],
  others: [...others, ...inThreads.others, ...withoutCode],
}

for (const [provider, rows] of Object.entries(all)) {
  describe(`what servers said: ${provider}`, () => {
    for (const [where, said, endedBy] of rows) {
      const facts: AccountFacts = {
        user: 'user@example.com',
        provider: provider === 'others' ? undefined : (provider as 'microsoft' | 'google'),
        isAppOnly: false,
      }
      const [protocol, stage] = where.split(' ') as [ServerReply['protocol'], ServerReply['stage']]
      const [code = '', ...words] = said.split(' ')
      test(`${where}: ${said}`, () => {
        const row = findRefusal({ protocol, stage, code, text: words.join(' ') }, facts)
        assert.equal(row?.endedBy, endedBy, row?.example)
      })
    }
  })
}
