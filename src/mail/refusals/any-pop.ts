/** What standards say a code of POP means, for words that are not in the other tables. */
import { appOnly, compare } from './any-remedy.ts'
import type { RefusalRow } from './refusal-row.ts'

/** From RFC 1939, 5034 and 3206. */
export const anyPop: readonly RefusalRow[] = [
  {
    protocols: ['POP'],
    stages: ['greeting'],
    code: '-ERR',
    endedBy: 'waits',
    meaning: 'the server does not talk to this client now',
    nextStep: 'try again in {minutes}; if it stays, the server does not admit this network',
    minutes: 10,
    example: '-ERR not for you',
    source: 'RFC 1939 section 4',
  },
  {
    protocols: ['POP'],
    responseCode: 'AUTH',
    endedBy: 'person',
    meaning: 'the server does not take the token',
    nextStep: compare,
    appOnly,
    example: '-ERR [AUTH] no',
    source: 'RFC 3206 section 5',
  },
  {
    protocols: ['POP'],
    responseCode: 'SYS/PERM',
    endedBy: 'administrator',
    meaning: 'the server has a fault, or a rule, that stays',
    nextStep: 'ask the administrator of the mail server, with these words',
    example: '-ERR [SYS/PERM] no',
    source: 'RFC 3206 section 4',
  },
  {
    protocols: ['POP'],
    stages: ['login'],
    code: '-ERR',
    endedBy: 'person',
    meaning: 'the server does not take the token',
    nextStep: compare,
    appOnly,
    example: '-ERR it cannot be',
    source: 'RFC 5034 section 4',
  },
]
