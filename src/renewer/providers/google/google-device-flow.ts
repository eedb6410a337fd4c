import type { Account } from '../../../accounts/account.ts'
import { ProviderRejectedError } from '../../../errors.ts'
import { postForm, postTokenForm } from '../../../https/post-form.ts'
import { deviceCodeGrantType } from '../../../oauth/device-authorization.ts'
import { googleEndpoints, googleIdentityScopes } from '../../../provider-facts/google.ts'
import { readClientSecret } from '../../../secrets/client-secret.ts'
import { type DeviceFlow, parseDeviceAnswer, parsePollAnswer } from '../device-flow.ts'
import { withGoogleIssuer } from './with-google-issuer.ts'

/**
 * The sign-in by device code at an endpoint that the configuration names: that of Google itself leaves
 * out the scope of mail (https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes).
 */
export const googleDeviceFlow: DeviceFlow = {
  start: async (account, signal) => {
    const url = account.endpoints.deviceAuthorization
    if (url === undefined) throw withoutDeviceCode(account)
    const scope = [...account.scopes, ...googleIdentityScopes].join(' ')
    const fields = { scope, ...(await clientFields(account)) }
    return parseDeviceAnswer(account, await postForm({ url, fields, signal }))
  },

  // By a form of its own: the library has no device codes.
  poll: async (account, deviceCode, exchange) => {
    const answer = await postTokenForm(exchange, {
      url: account.endpoints.token ?? googleEndpoints.token,
      fields: {
        grant_type: deviceCodeGrantType,
        device_code: deviceCode.reveal(),
        ...(await clientFields(account)),
      },
    })
    const polled = parsePollAnswer(account, answer)
    return typeof polled === 'string' ? polled : withGoogleIssuer(account, polled)
  },
}

/** Who asks, at both endpoints (RFC 8628 section 3.1). */
async function clientFields(account: Account): Promise<Record<string, string>> {
  const secret = await readClientSecret(account)
  const { clientId } = account
  return { client_id: clientId, ...(secret && { client_secret: secret.reveal() }) }
}

function withoutDeviceCode({ user }: Account): ProviderRejectedError {
  return new ProviderRejectedError(
    `Google gives "${user}" no device code for mail: its device flow excludes the scope "https://mail.google.com/"`,
    {
      hint: `run "cms-oauth login ${user} --paste"; or "cms-oauth login ${user}" over ssh, which prints the ssh -L command`,
    },
  )
}
