/** What standards say a code of SMTP means, for words that are not in the other tables. */
import { appOnly } from '../../provider-facts/refusals/any-application.ts'
import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'
import { compare, tlsPort, unread } from './any-remedy.ts'

const rfc4954 = 'RFC 4954 section 6'

/** From RFC 5321 and 4954. */
export const anySmtp: readonly RefusalRow[] = [
  {
    protocols: ['SMTP'],
    words: /must issue a STARTTLS|TLS (?:is )?required/i,
    endedBy: 'operator',
    meaning: 'the server requires TLS first',
    nextStep: tlsPort.SMTP,
    example: '530 5.7.0 Must issue a STARTTLS command first',
    source: 'RFC 3207 section 4',
  },
  {
    protocols: ['SMTP'],
    enhanced: '5.7.13',
    endedBy: 'administrator',
    meaning: 'the account is disabled',
    nextStep: 'an administrator can enable it',
    example: '525 5.7.13 User Account Disabled',
    source: 'RFC 5248, IANA registry of enhanced status codes',
  },
  {
    protocols: ['SMTP'],
    enhanced: '5.7.11',
    endedBy: 'operator',
    meaning: 'the server requires TLS first',
    nextStep: tlsPort.SMTP,
    example: '538 5.7.11 Encryption required for requested authentication mechanism',
    source: rfc4954,
  },
  ...(['500', '501', '555'] as const).map((code): RefusalRow => ({
    protocols: ['SMTP'],
    stages: ['login'],
    code,
    endedBy: 'operator',
    meaning: 'the server cannot read the credential',
    nextStep: unread,
    example: `${code} 5.5.2 Syntax error`,
    source: rfc4954,
  })),
  {
    protocols: ['SMTP'],
    stages: ['login'],
    code: '504',
    endedBy: 'operator',
    meaning: 'the server does not accept tokens this way',
    nextStep: 'compare host and port with those that your provider publishes',
    example: '504 5.5.4 Mechanism not supported',
    source: rfc4954,
  },
  ...(['534', '535'] as const).map((code): RefusalRow => ({
    protocols: ['SMTP'],
    code,
    endedBy: 'person',
    isOfToken: true,
    meaning: 'the server does not accept the token',
    nextStep: compare,
    appOnly,
    example: `${code} no`,
    source: rfc4954,
  })),
  {
    protocols: ['SMTP'],
    stages: ['greeting'],
    code: '5',
    endedBy: 'operator',
    meaning: 'the server refuses this client',
    nextStep:
      'compare host and port with those that your provider publishes; the server may not accept this network',
    example: '554 mail.example no SMTP service here',
    source: 'RFC 5321 section 3.1',
  },
  {
    protocols: ['SMTP'],
    code: '530',
    stages: ['mail'],
    endedBy: 'operator',
    meaning: 'mail was sent without a login',
    nextStep: 'switch on authentication in the mail program',
    example: '530 5.7.1 Log in first',
    source: rfc4954,
  },
]
