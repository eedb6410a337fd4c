/** What scopes mean, in the words that a person knows. */
import type { Protocol } from '../sasl/output-format.ts'
import { gmailScope, microsoftScopes, scopesForAll } from './provider-defaults.ts'

/** A permission as it is asked for, and as it is missed. */
interface ScopeWords {
  asked: string
  missed: string
}

const byProtocol: Record<Protocol, ScopeWords> = {
  SMTP: { asked: 'Send mail from this mailbox', missed: 'sending mail' },
  IMAP: {
    asked: 'Read, move and delete mail in this mailbox (IMAP)',
    missed: 'reading mail by IMAP',
  },
  POP: { asked: 'Read and delete mail in this mailbox (POP)', missed: 'reading mail by POP' },
}

/** By the last segment of a scope's name: Microsoft's clouds differ in the rest alone. */
const wordsByScope = new Map<string, ScopeWords>([
  [microsoftScopes.SMTP, byProtocol.SMTP],
  [microsoftScopes.IMAP, byProtocol.IMAP],
  [microsoftScopes.POP, byProtocol.POP],
  [
    gmailScope,
    {
      asked: 'Read, send and permanently delete all mail in this mailbox',
      missed: 'access to mail',
    },
  ],
  ['protocol-smtp', byProtocol.SMTP],
  ['protocol-imap', byProtocol.IMAP],
  ['protocol-pop', byProtocol.POP],
  ['mail-r', { asked: 'Read mail in this mailbox', missed: 'reading mail' }],
  [
    'mail-w',
    { asked: 'Write, send and delete mail in this mailbox', missed: 'sending and deleting mail' },
  ],
])

/** Said once for all of them: every provider is asked for both, under several names. */
const wordsForAll = ['See the address you sign in with', 'Keep this access until you withdraw it']

/** What the scopes allow, in plain words; a scope that is not known here is shown by its name. */
export function permissionWords(scopes: readonly string[]): string[] {
  const words = scopes
    .filter((scope) => !scopesForAll.has(scope))
    .map((scope) => wordsOf(scope)?.asked ?? `Use the permission “${scope}”`)
  return [...new Set([...words, ...wordsForAll])]
}

/** What is not allowed without the scopes: `sending mail (SMTP.Send)`. */
export function missingWords(scopes: readonly string[]): string {
  const items = scopes.map((scope) => {
    const missed = wordsOf(scope)?.missed
    return missed === undefined ? `what "${scope}" stands for` : `${missed} (${shortName(scope)})`
  })
  return items.join(', ')
}

/** A scope's name without its resource, where the rest says enough. */
export function shortName(scope: string): string {
  const name = lastSegment(scope)
  return wordsByScope.has(name) ? name : scope
}

function wordsOf(scope: string): ScopeWords | undefined {
  return wordsByScope.get(scope) ?? wordsByScope.get(lastSegment(scope))
}

function lastSegment(scope: string): string {
  return scope.slice(scope.lastIndexOf('/') + 1)
}
