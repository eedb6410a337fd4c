/** Whether a sign-in allows what it was asked for: an answer that lists less has left the rest out. */
import { exchangeResource } from '../provider-facts/microsoft.ts'
import { factsOf, scopesForAll } from '../provider-facts/providers.ts'
import { type Account, needsSignIn, signInOwner } from './account.ts'
import { missingWords, shortName } from './scope-words.ts'

/** What was asked for, and is not among what was granted. */
export interface MissingPermissions {
  scopes: string[]
  /** What it means, as a sentence that names the account. */
  message: string
  nextStep: string
  /** False where the server calls its scopes otherwise than we asked for them: they may be there. */
  isCertain: boolean
  /** True where nothing of mail is left. */
  isAll: boolean
}

type Asker = Pick<Account, 'user' | 'provider' | 'grant' | 'scopes' | 'signInWith'>

/** Beside those that are asked of everybody: they say who somebody is, and open no mailbox. */
const identityScopes = new Set([...scopesForAll, 'address', 'phone', 'userinfo'])

/** Undefined where all is granted (RFC 6749 section 5.1), or an answer may not tell. */
export function findMissingPermissions(
  account: Asker,
  granted: readonly string[],
): MissingPermissions | undefined {
  const { user, provider } = account
  const wanted = account.scopes.filter(isForMail)
  // Some servers have commas between them.
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

/** All that an application registration has is asked for with `.default`, whatever that is. */
function isForMail(scope: string): boolean {
  return !identityScopes.has(scope) && !scope.endsWith('/.default')
}

/** Microsoft answers with the name alone, in any case, or with one of several resources before it. */
function essence(provider: Asker['provider'], scope: string): string {
  if (provider === 'office365') return scope.replace(exchangeResource, '').toLowerCase()
  return scope.replace(/\/$/, '')
}

/** True for a list in the words of the request: then the one that is not there was left out. */
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
