import type { Account } from '../../accounts/account.ts'
import { findMissingPermissions } from '../../accounts/missing-permissions.ts'
import { SignInFailedError, SignInRequiredError } from '../../errors.ts'
import { requireClaims } from '../../oauth/id-token.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import type { StoredGrant } from '../store/record.ts'

/** Throws the error of a redemption: a refused code ends no sign-in, since there was none yet. */
export function failedSignIn(error: unknown): never {
  if (!(error instanceof SignInRequiredError)) throw error
  const { message, hint, actor, answer } = error
  const who = actor === undefined ? {} : { actor }
  throw new SignInFailedError(message, { hint, answer, cause: error, ...who })
}

/**
 * True where the account's provider is the one that gave the grant, and is still where it was. A grant that does
 * not say where that was is the account's if its application is: it is known to one provider.
 */
export function isOfIssuer({ provider, issuer, clientId }: Account, grant: StoredGrant): boolean {
  if (grant.provider !== provider) return false
  return grant.issuer === undefined ? grant.clientId === clientId : grant.issuer === issuer
}

/** Throws the error of an import: there is no sign-in of the account that could have ended. */
export function failedImport(error: unknown): never {
  if (!(error instanceof SignInRequiredError)) throw error
  const { message, answer } = error
  throw new SignInFailedError(message, {
    hint: 'the token may have expired, or belong to another account, client_id or tenant; or sign in with "cms-oauth login"',
    answer,
    cause: error,
  })
}

/** A refresh token is never shown to another than the one that issued it. @throws SignInRequiredError */
export function requireSameIssuer(account: Account, grant: StoredGrant): void {
  if (isOfIssuer(account, grant)) return
  const { user } = account
  const what = differenceOf(account, grant)
  throw new SignInRequiredError(`the sign-in of "${user}" is one ${what} now`, {
    hint: `run "cms-oauth login ${user}"`,
  })
}

function differenceOf({ provider, issuer, clientId }: Account, grant: StoredGrant): string {
  if (grant.provider !== provider) return `at "${grant.provider}", the account is at "${provider}"`
  return grant.issuer === undefined
    ? `of the client_id "${grant.clientId}", the account has "${clientId}"`
    : `at "${grant.issuer}", the account is at "${issuer}"`
}

/** True where one of the addresses is who the account says, or the provider told none. */
export function isWanted(
  { loginHint }: Pick<Account, 'loginHint'>,
  addresses: readonly string[],
): boolean {
  const wanted = loginHint.toLowerCase()
  return addresses.length === 0 || addresses.some((address) => address.toLowerCase() === wanted)
}

/** The error of a sign-in that is somebody else's. */
export function wrongIdentity(
  { user, loginHint }: Account,
  [first]: readonly string[],
  isRevoked: boolean,
): SignInFailedError {
  const next = isRevoked
    ? 'and sign in again: this sign-in was revoked'
    : 'and run "cms-oauth reload", which takes up this sign-in'
  return new SignInFailedError(`you signed in as "${first}", not as "${loginHint}"`, {
    hint: `sign in again with the right account; if "${first}" is right, set login_hint = "${first}" for "${user}" ${next}`,
  })
}

/** A sign-in that leaves out all of mail is not a success; a part of it is reported, and used. @throws SignInFailedError */
export function requireMail(account: Account, { scopes }: TokenSet): void {
  const missing = findMissingPermissions(account, scopes)
  if (missing === undefined || !missing.isCertain || !missing.isAll) return
  const { message, nextStep } = missing
  // The provider has said yes, but not to this: see failureOf.
  throw new SignInFailedError(message, { hint: nextStep, answer: { status: 200 } })
}

/** An id_token that can be read must be of this client and sign-in. @throws ProviderProtocolError */
export function requireOwnIdToken(
  { clientId }: Account,
  { idToken }: TokenSet,
  nonce: string | undefined,
): void {
  if (idToken === undefined) return
  const { claims, ...known } = idToken
  requireClaims(claims, { ...known, clientId, ...(nonce === undefined ? {} : { nonce }) })
}
