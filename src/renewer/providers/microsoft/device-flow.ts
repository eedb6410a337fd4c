import type { Account } from '../../../accounts/account.ts'
import { postForm, postTokenForm } from '../../../https/post-form.ts'
import { deviceCodeGrantType } from '../../../oauth/device-authorization.ts'
import { assertionFields } from '../../../secrets/client-assertion.ts'
import { readClientSecret } from '../../../secrets/client-secret.ts'
import { type DeviceFlow, parseDeviceAnswer, parsePollAnswer } from '../device-flow.ts'

/** What msal-node adds to every request of its own. */
const identityScopes = ['openid', 'profile', 'offline_access']

/**
 * By the RFC and not through msal-node, which takes slow_down for the end, loses Microsoft's numbers,
 * and polls without a pause where the answer does not name an interval.
 */
export const microsoftDeviceFlow: DeviceFlow = {
  async start(account, signal) {
    const scope = [...scopesOfOneResource(account), ...identityScopes].join(' ')
    return parseDeviceAnswer(
      account,
      await postForm({ ...(await formOf(account, 'devicecode', { scope })), signal }),
    )
  },

  async poll(account, deviceCode, exchange) {
    const form = { grant_type: deviceCodeGrantType, device_code: deviceCode.reveal() }
    return parsePollAnswer(
      account,
      await postTokenForm(exchange, await formOf(account, 'token', form)),
    )
  },
}

/**
 * The token comes for the scopes that were asked for, and is for one resource; where the consent of a
 * person is for several, as in a browser, the others are left out.
 */
function scopesOfOneResource({ scopes, consentScopes = scopes }: Account): string[] {
  const own = new Set(scopes.map(resourceOf))
  return consentScopes.filter((scope) => own.has(resourceOf(scope)))
}

function resourceOf(scope: string): string {
  return scope.slice(0, scope.lastIndexOf('/'))
}

/** A form of a client that says who it is, for an endpoint. */
async function formOf(account: Account, endpoint: string, form: Record<string, string>) {
  const url = `${account.authority}/oauth2/v2.0`
  const secret = await readClientSecret(account)
  const proof = await assertionFields(account, { audience: `${url}/token`, algorithms: ['PS256'] })
  const fields = {
    client_id: account.clientId,
    ...form,
    ...proof,
    ...(secret === undefined ? {} : { client_secret: secret.reveal() }),
  }
  return { url: `${url}/${endpoint}`, fields }
}
