/** Refusals that only time resolves. */
import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'

const later = 'try again in {minutes}'
const fewer = 'close other programs that have this mailbox open, or try again in {minutes}'
const busy = 'the server is too busy, or has a fault'
const inUse = 'the mailbox is in use by another connection'
const tooMany = 'too many connections are open for this mailbox or from this address'
const tooOften = 'there were too many attempts'

const rfc5530 = 'RFC 5530 section 3'
const rfc3463 = 'RFC 3463, RFC 5321 section 4.2'
const exchange = 'https://learn.microsoft.com/exchange/troubleshoot/smtp-submission'
const google = 'https://support.google.com/a/answer/3726730'
const imapGoogle = 'https://support.google.com/mail/answer/7126229'

/** Of every provider; SMTP's other 4yz replies are the last row. */
export const waits: readonly RefusalRow[] = [
  {
    words: /request is throttled|suggested backoff time/i,
    endedBy: 'waits',
    meaning: 'the server was asked too often',
    nextStep: later,
    minutes: 5,
    example: 'BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds',
    source:
      'https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange',
  },
  {
    words:
      /too many (?:simultaneous |concurrent |open )?(?:connections|sessions)|concurrent connections limit|maximum number of connections|connection limit|thread limit/i,
    endedBy: 'waits',
    meaning: tooMany,
    nextStep: fewer,
    minutes: 10,
    example: 'NO [ALERT] Too many simultaneous connections. (Failure)',
    source: imapGoogle,
  },
  {
    words:
      /too many (?:login|auth\w*|bad auth\w*|failed|invalid) ?(?:attempts|failures|logins)|rate.?limit|login (?:rate|frequency|limit)|too (?:frequent|often)|minimum time between|maximum (?:\w+ )?logins/i,
    endedBy: 'waits',
    meaning: tooOften,
    nextStep: later,
    minutes: 15,
    example: '454 4.7.0 Too many login attempts, please try again later.',
    source: google,
  },
  {
    words: /exceeded (?:command or )?bandwidth limits?|bandwidth limit/i,
    endedBy: 'waits',
    meaning: 'more was fetched from the mailbox than the provider allows in a day',
    nextStep: later,
    minutes: 24 * 60,
    example: 'NO [ALERT] Account exceeded command or bandwidth limits. (Failure)',
    source: 'https://support.google.com/a/answer/1071518',
  },
  {
    words:
      /daily (?:user )?sending (?:limit|quota)|SubmissionQuotaExceeded|sending limit exceeded/i,
    protocols: ['SMTP'],
    endedBy: 'waits',
    meaning: 'the mailbox has sent as much as it may in a day',
    nextStep: later,
    minutes: 24 * 60,
    example: '550 5.4.5 Daily user sending limit exceeded.',
    source: google,
  },
  {
    words:
      /(?:server(?:\(?s\)?)?|service|backend|database) (?:is |are )?(?:temporarily |currently )?(?:unavailable|down|offline)/i,
    endedBy: 'waits',
    meaning: busy,
    nextStep: later,
    minutes: 5,
    example: 'NO Server Unavailable. 15',
    source: 'https://github.com/simonrob/email-oauth2-proxy/issues',
  },
  {
    words:
      /temporary (?:\w+ )?(?:problem|failure|error|issue)|temporarily (?:un|de)|system (?:I\/O )?error|internal (?:server )?error|server error|try (?:it )?(?:again )?(?:later|in )|service (?:not|un)a|time(?:d )?-?out/i,
    endedBy: 'waits',
    meaning: busy,
    nextStep: later,
    minutes: 5,
    example: '451 4.7.0 Temporary server error. Please try again later. PRX4',
    source: exchange,
  },
  {
    words: /over(?:load|whelm)|server (?:is )?(?:too )?busy|shutting down|maintenance/i,
    endedBy: 'waits',
    meaning: busy,
    nextStep: later,
    minutes: 5,
    example: 'BYE Server shutting down.',
    source: 'RFC 9051 section 7.1.5',
  },
  {
    words:
      /^(?:BYE|NO|-ERR) (?:\[[\w/-]+\] )?(?:connection (?:is )?closed|disconnected|autologout|session expired)/i,
    protocols: ['IMAP', 'POP'],
    endedBy: 'waits',
    meaning: 'the server closed the connection',
    nextStep: later,
    minutes: 5,
    example: 'BYE Connection is closed. 13',
    source: 'https://github.com/simonrob/email-oauth2-proxy/issues/74',
  },
  {
    words:
      /(?:maildrop|mailbox) (?:is )?(?:already |currently )?(?:locked|in use|busy)|(?:unable to|could not|can(?:no|')t) lock|lock busy/i,
    protocols: ['POP'],
    endedBy: 'waits',
    meaning: inUse,
    nextStep: fewer,
    minutes: 5,
    example: '-ERR unable to lock maildrop',
    source: 'RFC 1939 section 7',
  },
  ...(
    [
      ['UNAVAILABLE', busy],
      ['SERVERBUG', busy],
      ['INUSE', inUse],
      ['LIMIT', 'a limit of the server is reached'],
    ] as const
  ).map(([responseCode, meaning]): RefusalRow => ({
    protocols: ['IMAP'],
    responseCode,
    endedBy: 'waits',
    meaning,
    nextStep: responseCode === 'INUSE' || responseCode === 'LIMIT' ? fewer : later,
    minutes: 5,
    example: `NO [${responseCode}] AUTHENTICATE not now`,
    source: rfc5530,
  })),
  ...(
    [
      ['IN-USE', inUse, fewer],
      ['LOGIN-DELAY', 'the last login was too recent', later],
      ['SYS/TEMP', busy, later],
    ] as const
  ).map(([responseCode, meaning, nextStep]): RefusalRow => ({
    protocols: ['POP'],
    responseCode,
    endedBy: 'waits',
    meaning,
    nextStep,
    minutes: responseCode === 'LOGIN-DELAY' ? 15 : 5,
    example: `-ERR [${responseCode}] not now`,
    source: 'RFC 2449 section 8.1, RFC 3206 section 4',
  })),
  {
    protocols: ['SMTP'],
    code: '432',
    enhanced: '4.3.2',
    endedBy: 'waits',
    meaning: tooMany,
    nextStep: fewer,
    minutes: 5,
    example: '432 4.3.2 Concurrent use is too high',
    source: exchange,
  },
  {
    protocols: ['SMTP'],
    code: '4',
    endedBy: 'waits',
    meaning: busy,
    nextStep: later,
    minutes: 5,
    example: '421 mail.example closing transmission channel',
    source: rfc3463,
  },
]
