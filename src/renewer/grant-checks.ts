import type { Account } from '../accounts/account.ts'
import { ProviderRejectedError, SignInFailedError, SignInRequiredError } from '../errors.ts'
import type { DeviceFlow } from '../providers/device-flow.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import type { Provider } from '../providers/provider.ts'
import type { StoredGrant } from '../store/record.ts'

/** How the provider gives device codes; Google's admit no mail. @throws ProviderRejectedError */
export function deviceFlowOf({ user }: Account, { deviceFlow }: Provider): DeviceFlow {
  if (deviceFlow !== undefined) return deviceFlow
  throw new ProviderRejectedError(
    `Google gives "${user}" no device code for mail: its device flow excludes the scope "https://mail.google.com/"`,
    {
      hint: `run "cms-oauth login ${user} --paste"; or "cms-oauth login ${user}" over ssh, which prints the ssh -L command`,
    },
  )
}

/** Throws the error of a redemption: a refused code is no ended sign-in, there was none yet. */
export function failedSignIn(error: unknown): never {
  if (!(error instanceof SignInRequiredError)) throw error
  const { message, hint, actor, answer } = error
  const who = actor === undefined ? {} : { actor }
  throw new SignInFailedError(message, { hint, answer, cause: error, ...who })
}

/** True where the account's provider is the one that gave the grant, and is still where it was. */
export function isOfIssuer({ provider, issuer }: Account, grant: StoredGrant): boolean {
  return grant.provider === provider && grant.issuer === issuer
}

/** Throws the error of an import: there is no sign-in of the account that could have ended. */
export function failedImport(error: unknown): never {
  if (!(error instanceof SignInRequiredError)) throw error
  const { message, answer } = error
  throw new SignInFailedError(message, {
    hint: 'the token may have ended, or belong to another account, client_id or tenant; or sign in with "cms-oauth login"',
    answer,
    cause: error,
  })
}

/** A refresh token is never shown to another than the one that issued it. @throws SignInRequiredError */
export function requireSameIssuer(account: Account, grant: StoredGrant): void {
  if (isOfIssuer(account, grant)) return
  const { user, provider, issuer } = account
  const [before, now] =
    grant.provider === provider ? [grant.issuer, issuer] : [grant.provider, provider]
  throw new SignInRequiredError(
    `the sign-in of "${user}" is one at "${before}", the account is at "${now}" now`,
    { hint: `run "cms-oauth login ${user}"` },
  )
}

/** Whoever signed in must be who the account says; a provider may tell no address. @throws SignInFailedError */
export function requireIdentity(account: Account, tokens: TokenSet): void {
  const [first] = tokens.identities
  const wanted = account.loginHint.toLowerCase()
  if (first === undefined) return
  if (tokens.identities.some((identity) => identity.toLowerCase() === wanted)) return
  throw new SignInFailedError(`you signed in as "${first}", not as "${account.loginHint}"`, {
    hint: `sign in again with the right account; if "${first}" is right, set login_hint = "${first}" for "${account.user}"`,
  })
}
