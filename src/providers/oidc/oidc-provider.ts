import type { Account } from '../../accounts/account.ts'
import { ProviderRejectedError } from '../../errors.ts'
import { deviceCodeGrantType } from '../../oauth/device-authorization.ts'
import { isErrorAnswer } from '../../oauth/error-response.ts'
import { identitiesIn } from '../../oauth/id-token.ts'
import { parseJsonObject } from '../../oauth/json-object.ts'
import { parseDeviceAnswer, parsePollAnswer } from '../device-flow.ts'
import { type HttpsAnswer, sendHttpsRequest } from '../https-request.ts'
import type { TokenSet } from '../issued-token.ts'
import { postForm } from '../post-form.ts'
import type { Provider } from '../provider.ts'
import { parseAppTokenAnswer, parseTokenAnswer, refusalOfAnswer } from '../token-set.ts'
import { authenticateClient, requireKnownClient } from './client-authentication.ts'
import { discoverEndpoints, type Endpoints } from './discovery.ts'

/** Asked of a server that offers them: who signed in, and a token that outlives the visit. */
const wantedScopes = ['openid', 'email', 'offline_access']

/** Any other authorization server, by RFC 6749 and what its discovery document says. */
export const oidcProvider: Provider = {
  async startAuthorization(account, request, signal) {
    const endpoints = await discoverEndpoints(account, signal)
    const { authorizationEndpoint } = endpoints
    if (authorizationEndpoint === undefined) throw withoutAuthorization(account)
    const url = new URL(authorizationEndpoint)
    const scopes = scopesToAsk(account, endpoints)
    const parameters = {
      response_type: 'code',
      client_id: account.clientId,
      redirect_uri: request.redirectUri,
      scope: scopes.join(' '),
      state: request.state,
      nonce: request.nonce,
      code_challenge: request.codeChallenge,
      code_challenge_method: 'S256',
      login_hint: account.loginHint,
      // OpenID Connect Core section 11: without a consent there is no offline access.
      ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const { issuer } = endpoints
    return { url: url.href, ...(issuer === undefined ? {} : { issuer }) }
  },

  deviceFlow: {
    async start(account, signal) {
      const endpoints = await discoverEndpoints(account, signal)
      const url = endpoints.deviceAuthorizationEndpoint
      if (url === undefined) throw withoutDeviceCode(account)
      const form = { scope: scopesToAsk(account, endpoints).join(' ') }
      return parseDeviceAnswer(account, await post(account, endpoints, url, form, signal))
    },

    async poll(account, deviceCode, signal) {
      const endpoints = await discoverEndpoints(account, signal)
      const form = { grant_type: deviceCodeGrantType, device_code: deviceCode.reveal() }
      const answer = await post(account, endpoints, endpoints.tokenEndpoint, form, signal)
      const polled = parsePollAnswer(account, answer)
      return typeof polled === 'string' ? polled : withIdentities(polled, endpoints, signal)
    },
  },

  async redeemCode(account, { redirectUri, nonce, code, codeVerifier }, signal) {
    const endpoints = await discoverEndpoints(account, signal)
    const form = {
      grant_type: 'authorization_code',
      code: code.reveal(),
      redirect_uri: redirectUri,
      code_verifier: codeVerifier.reveal(),
    }
    const answer = await post(account, endpoints, endpoints.tokenEndpoint, form, signal)
    const tokens = parseTokenAnswer(account, answer, { nonce })
    return withIdentities(tokens, endpoints, signal)
  },

  async refresh(account, { refreshToken }, signal) {
    const endpoints = await discoverEndpoints(account, signal)
    const form = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken.reveal(),
      // RFC 6749 section 6: of what several accounts were granted together, this one's part.
      ...(isShared(account) ? { scope: account.scopes.join(' ') } : {}),
    }
    const answer = await post(account, endpoints, endpoints.tokenEndpoint, form, signal)
    return parseTokenAnswer(account, answer, { refreshToken })
  },

  async fetchAppToken(account, signal) {
    const endpoints = await discoverEndpoints(account, signal)
    const scope = account.scopes.join(' ')
    const form = { grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) }
    const answer = await post(account, endpoints, endpoints.tokenEndpoint, form, signal)
    return parseAppTokenAnswer(account, answer)
  },

  async revoke(account, { refreshToken }, signal) {
    const endpoints = await discoverEndpoints(account, signal)
    const { revocationEndpoint } = endpoints
    if (revocationEndpoint === undefined) return false
    const form = { token: refreshToken.reveal(), token_type_hint: 'refresh_token' }
    const answer = await post(account, endpoints, revocationEndpoint, form, signal)
    if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'revocation')
    return true
  },
}

function scopesToAsk(account: Account, { scopes }: Endpoints): string[] {
  const offered = wantedScopes.filter((scope) => scopes.includes(scope))
  return [...new Set([...offered, ...(account.consentScopes ?? account.scopes)])]
}

function isShared({ consentScopes, signInWith }: Account): boolean {
  return consentScopes !== undefined || signInWith !== undefined
}

function withoutAuthorization({ user }: Account): ProviderRejectedError {
  return new ProviderRejectedError(`the provider of "${user}" offers no sign-in`, {
    hint: 'set authorization_endpoint where it has one after all, or grant = "client_credentials"',
  })
}

function withoutDeviceCode({ user }: Account): ProviderRejectedError {
  return new ProviderRejectedError(`the provider of "${user}" offers no device code`, {
    hint: `run "cms-oauth login ${user} --paste"; or set device_authorization_endpoint where it has one after all`,
  })
}

/** A form of a client that says who it is. */
async function post(
  account: Account,
  endpoints: Endpoints,
  url: string,
  form: Record<string, string>,
  signal: AbortSignal,
): Promise<HttpsAnswer> {
  const { headers, fields } = await authenticateClient(account, endpoints)
  const answer = await postForm({ url, fields: { ...form, ...fields }, headers, signal })
  requireKnownClient(account, endpoints, answer)
  return answer
}

/** Where the id_token names nobody, userinfo may (oidc-provider puts the address only there). */
async function withIdentities(
  tokens: TokenSet,
  { userinfoEndpoint }: Endpoints,
  signal: AbortSignal,
): Promise<TokenSet> {
  if (tokens.identities.length > 0 || userinfoEndpoint === undefined) return tokens
  const answer = await sendHttpsRequest({
    method: 'GET',
    url: userinfoEndpoint,
    headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` },
    signal,
  })
  // A server may refuse userinfo to a token for mail: then nobody is named.
  if (answer.status !== 200) return tokens
  return { ...tokens, identities: identitiesIn(parseJsonObject(answer.body)) }
}
