/** What the bodies of requests to the control socket may hold. */
import { signInMethods } from '../../accounts/sign-in-method.ts'
import type { AddPasswordBody } from '../../messages/bridge-api.ts'
import type { ImportBody, RedirectBody, SignInBody } from '../../messages/control-api.ts'
import { fields, oneOf, optional, where } from '../../shapes/shape.ts'

const valueLimit = 16_384

const value = where<string>(isValue)

/** POST /v1/accounts/{user}/sign-in. */
export const signInBody = fields<SignInBody>({ method: optional(oneOf(signInMethods)) })

/** POST /v1/accounts/{user}/sign-in/redirect. */
export const redirectBody = fields<RedirectBody>({ url: value })

/** PUT /v1/accounts/{user}/grant. */
export const importBody = fields<ImportBody>({ refresh_token: value })

/** PUT /v1/bridge/passwords/{name}; a password for no account at all would be for nothing. */
export const addPasswordBody = fields<AddPasswordBody>({
  accounts: optional(
    where<string[]>((list) => Array.isArray(list) && list.length > 0 && list.every(isValue)),
  ),
})

function isValue(given: unknown): boolean {
  return typeof given === 'string' && given !== '' && given.length <= valueLimit
}
