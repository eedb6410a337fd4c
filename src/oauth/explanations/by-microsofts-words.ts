/**
 * What Microsoft says in words: the server for personal accounts (login.live.com) gives no numbers, and
 * one number (70000, 70002, 70011, 90023) stands for several mistakes. These rows go before those of the
 * numbers.
 */
import type { Explanation } from './explanation.ts'

/** Sources: threads of users of mail programs, and what the servers answer. */
export const byMicrosoftsWords: Explanation[] = [
  {
    description: /client does not exist or is not enabled for consumers/i,
    meaning: 'the client_id does not exist, or is not for personal Microsoft accounts',
    actor: 'operator',
    nextStep:
      'let the app registration take personal accounts, or set tenant to the "Directory (tenant) ID", then {reload}',
  },
  {
    description: /public clients can(?:'|no)t send a client secret/i,
    meaning: 'the application is a public client, and a secret was sent',
    actor: 'operator',
    nextStep: 'remove client_secret from the account, then {reload}',
  },
  {
    description: /request must include a '?client_secret'? input parameter/i,
    meaning: 'the application is not a public client, and sent no secret',
    actor: 'administrator',
    nextStep:
      'set a client secret, or allow public client flows in the app registration, then {reload}',
  },
  {
    description: /must contain the following parameter: '(?!client_)/i,
    meaning: 'Microsoft says that a value of the request is missing',
    actor: 'operator',
    nextStep: 'compare scopes and grant of the account with the app registration, then {reload}',
  },
  {
    description: /input parameter '?scope'? is not valid/i,
    meaning: 'the scopes asked for are not valid',
    actor: 'operator',
    nextStep: 'correct scopes, or remove them for the default, then {reload}',
  },
  {
    error: 'invalid_grant',
    description: /scopes requested are unauthorized or expired/i,
    meaning: 'the sign-in has expired, or does not allow all that the account asks for now',
    actor: 'you',
    nextStep: '{login} and accept',
  },
]
