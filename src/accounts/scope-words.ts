/** What scopes mean, in the words that a person knows. */
import type { ScopeWords } from '../provider-facts/provider-facts.ts'
import { everyFacts, scopesForAll } from '../provider-facts/providers.ts'

/** By the names of scopes or the last segments of them: Microsoft's clouds differ in the rest alone. */
const wordsByScope = new Map(everyFacts.flatMap(({ words }) => Object.entries(words)))

/** Said once for all of them: every provider is asked for both, under several names. */
const wordsForAll = ['See the address you sign in with', 'Keep this access until you withdraw it']

/** What the scopes allow, in plain words; a scope that is not known here is shown as it is. */
export function permissionWords(scopes: readonly string[]): string[] {
  const words = scopes
    .filter((scope) => !scopesForAll.has(scope))
    .map((scope) => wordsOf(scope)?.asked ?? `Use the permission “${scope}”`)
  return [...new Set([...words, ...wordsForAll])]
}

/** What the missing scopes would allow: `sending mail (SMTP.Send)`. */
export function missingWords(scopes: readonly string[]): string {
  const items = scopes.map((scope) => {
    const missed = wordsOf(scope)?.missed
    return missed === undefined ? `what "${scope}" stands for` : `${missed} (${shortName(scope)})`
  })
  return items.join(', ')
}

/** A scope without its resource, if what remains is clear enough. */
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
