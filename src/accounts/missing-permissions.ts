/** Whether a sign-in allows what was asked for: what the answer does not list was not granted. */
import { exchangeResource, graphResource } from '../provider-facts/microsoft.ts'
import { factsOf, scopesForAll } from '../provider-facts/providers.ts'
import { type Account, needsSignIn, signInOwner } from './account.ts'
import { missingWords, shortName } from './scope-words.ts'

/** The permissions that were asked for and not granted. */
export interface MissingPermissions {
  scopes: string[]
  /** What this means, as a sentence that names the account. */
  message: string
  nextStep: string
  /**
   * False if the server names its scopes differently from the request: they may have been granted.
   */
  isCertain: boolean
  /** True if no permission for mail was granted. */
  isAll: boolean
}

type Asker = Pick<Account, 'user' | 'provider' | 'grant' | 'scopes' | 'signInWith'>

/**
 * Scopes that say who somebody is and open no mailbox, with those that every provider is asked for.
 */
const identityScopes = new Set([...scopesForAll, 'address', 'phone', 'userinfo'])

/** Undefined if everything is granted (RFC 6749 section 5.1), or if the answer does not say. */
export function findMissingPermissions(
  account: Asker,
  granted: readonly string[],
): MissingPermissions | undefined {
  const { user, provider } = account
  const wanted = account.scopes.filter(isForMail)
  // Some servers separate them by commas.
  const given = granted.flatMap((scope) => [scope, ...scope.split(',')])
  const known = new Set(given.map((scope) => essence(provider, scope)))
  const scopes = wanted.filter((scope) => !known.has(essence(provider, scope)))
  if (scopes.length === 0 || granted.length === 0) return undefined
  const isCertain = provider !== 'oidc' || speaksAsWeDo(account, granted)
  const words = missingWords(scopes)
  return {
    scopes,
    message: isCertain
      ? `the sign-in of "${user}" does not allow ${words}`
      : `the provider of "${user}" does not list ${words} among what it granted: ${granted.join(' ').slice(0, 200)}`,
    nextStep: isCertain ? nextStep(account, scopes) : tryIt,
    isCertain,
    isAll: scopes.length === wanted.length,
  }
}

const allowMore = 'allow the client {names} at the provider and {login}, with all that it asks for'
const tryIt =
  'it may have another name for that: try a login with --test-smtp or --test-imap; where that works, nothing is missing'

/** `.default` asks for everything that the application registration has. */
function isForMail(scope: string): boolean {
  return !identityScopes.has(scope) && !scope.endsWith('/.default')
}

/**
 * A scope as it is compared with others: Microsoft answers with the bare name, in any case, or prefixed by
 * one of several resources.
 */
export function essence(provider: Asker['provider'], scope: string): string {
  if (provider === 'office365') {
    return scope.replace(exchangeResource, '').replace(graphResource, '').toLowerCase()
  }
  return scope.replace(/\/$/, '')
}

/** True if the list uses the names of the request: then a missing one was not granted. */
function speaksAsWeDo({ provider, scopes }: Asker, granted: readonly string[]): boolean {
  const ours = new Set(scopes.map((scope) => essence(provider, scope)))
  return granted.every((scope) => identityScopes.has(scope) || ours.has(essence(provider, scope)))
}

function nextStep(account: Asker, scopes: readonly string[]): string {
  const names = scopes.map((scope) => `"${shortName(scope)}"`).join(', ')
  if (!needsSignIn(account)) return `allow the client ${names} at the provider`
  const login = `run "cms-oauth login ${signInOwner(account)}" again`
  const { whenScopesMissing = allowMore } = factsOf(account)
  return whenScopesMissing.replace('{names}', () => names).replace('{login}', () => login)
}
