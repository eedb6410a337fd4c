/** What standards say a code of POP means, for words that are not in the other tables. */
import { appOnly } from '../../provider-facts/refusals/any-application.ts'
import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'
import { compare } from './any-remedy.ts'

/** From RFC 1939, 5034 and 3206. */
export const anyPop: readonly RefusalRow[] = [
  {
    protocols: ['POP'],
    stages: ['greeting'],
    code: '-ERR',
    endedBy: 'waits',
    meaning: 'the server refuses this client for now',
    nextStep:
      'try again in {minutes}; if it keeps happening, the server does not accept this network',
    minutes: 10,
    example: '-ERR not for you',
    source: 'RFC 1939 section 4',
  },
  {
    protocols: ['POP'],
    responseCode: 'AUTH',
    endedBy: 'person',
    isOfToken: true,
    meaning: 'the server does not accept the token',
    nextStep: compare,
    appOnly,
    example: '-ERR [AUTH] no',
    source: 'RFC 3206 section 5',
  },
  {
    protocols: ['POP'],
    responseCode: 'SYS/PERM',
    endedBy: 'administrator',
    meaning: 'the server has a permanent fault or rule',
    nextStep: 'ask the administrator of the mail server, and quote these words',
    example: '-ERR [SYS/PERM] no',
    source: 'RFC 3206 section 4',
  },
  {
    protocols: ['POP'],
    stages: ['login'],
    code: '-ERR',
    endedBy: 'person',
    isOfToken: true,
    meaning: 'the server does not accept the token',
    nextStep: compare,
    appOnly,
    example: '-ERR it cannot be',
    source: 'RFC 5034 section 4',
  },
]
