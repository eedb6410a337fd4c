import { scopesForAll } from '../accounts/provider-defaults.ts'

/** By the last segment of a scope's name: Microsoft's clouds differ in the rest alone. */
const wordsByScope = new Map([
  ['SMTP.Send', 'Send mail from this mailbox'],
  ['IMAP.AccessAsUser.All', 'Read, move and delete mail in this mailbox (IMAP)'],
  ['POP.AccessAsUser.All', 'Read and delete mail in this mailbox (POP)'],
  ['https://mail.google.com/', 'Read, send and permanently delete all mail in this mailbox'],
  ['protocol-smtp', 'Send mail from this mailbox'],
  ['protocol-imap', 'Read, move and delete mail in this mailbox (IMAP)'],
  ['protocol-pop', 'Read and delete mail in this mailbox (POP)'],
  ['mail-r', 'Read mail in this mailbox'],
  ['mail-w', 'Write, send and delete mail in this mailbox'],
])

/** Said once for all of them: every provider is asked for both, under several names. */
const wordsForAll = ['See the address you sign in with', 'Keep this access until you withdraw it']

/** What the scopes allow, in plain words; a scope that is not known here stands by its name. */
export function permissionWords(scopes: readonly string[]): string[] {
  const words = scopes
    .filter((scope) => !scopesForAll.has(scope))
    .map((scope) => wordsOf(scope) ?? `Use the permission “${scope}”`)
  return [...new Set([...words, ...wordsForAll])]
}

function wordsOf(scope: string): string | undefined {
  return wordsByScope.get(scope) ?? wordsByScope.get(scope.slice(scope.lastIndexOf('/') + 1))
}
