import type { Account } from '../../../accounts/account.ts'
import { ProviderRejectedError } from '../../../errors.ts'
import { type HttpsAnswer, sendHttpsRequest } from '../../../https/https-request.ts'
import { postForm, postTokenForm } from '../../../https/post-form.ts'
import type { TokenExchange } from '../../../https/token-exchange.ts'
import type {
  AuthorizationRequest,
  AuthorizationStart,
  CodeRedemption,
} from '../../../messages/renewer-jobs.ts'
import { deviceCodeGrantType } from '../../../oauth/device-authorization.ts'
import { isErrorAnswer } from '../../../oauth/error-response.ts'
import { identitiesIn } from '../../../oauth/id-token.ts'
import { parseJsonObject } from '../../../oauth/json-object.ts'
import { factsOf } from '../../../provider-facts/providers.ts'
import { type DeviceFlow, parseDeviceAnswer, parsePollAnswer } from '../device-flow.ts'
import type { IssuedToken, Renewal, TokenSet } from '../issued-token.ts'
import type { Provider } from '../provider.ts'
import { parseAppTokenAnswer, parseTokenAnswer, refusalOfAnswer } from '../token-set.ts'
import { authenticateClient, requireKnownClient } from './client-authentication.ts'
import { Discovery, type Endpoints } from './discovery.ts'

/** Asked of a server that offers them: who signed in, and a token that outlives the visit. */
const wantedScopes = ['openid', 'email', 'offline_access']

/** The client that an account is registered with, and where it asks. */
interface Client {
  account: Account
  endpoints: Endpoints
}

/** Any other authorization server, by RFC 6749 and what its discovery document says. */
export class OidcProvider implements Provider {
  readonly #discovery = new Discovery()

  async startAuthorization(
    account: Account,
    request: AuthorizationRequest,
    signal: AbortSignal,
  ): Promise<AuthorizationStart> {
    const endpoints = await this.#discovery.newEndpointsOf(account, signal)
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
      ...factsOf(account).authorizationParameters,
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const { issuer } = endpoints
    return { url: url.href, ...(issuer === undefined ? {} : { issuer }) }
  }

  readonly deviceFlow: DeviceFlow = {
    start: async (account, signal) => {
      const endpoints = await this.#discovery.newEndpointsOf(account, signal)
      const url = endpoints.deviceAuthorizationEndpoint
      if (url === undefined) throw withoutDeviceCode(account)
      const form = { scope: scopesToAsk(account, endpoints).join(' ') }
      return parseDeviceAnswer(account, await this.#post({ account, endpoints }, url, form, signal))
    },

    poll: async (account, deviceCode, exchange) => {
      const endpoints = await this.#discovery.endpointsOf(account, exchange.signal)
      const form = { grant_type: deviceCodeGrantType, device_code: deviceCode.reveal() }
      const polled = parsePollAnswer(
        account,
        await this.#askForTokens({ account, endpoints }, form, exchange),
      )
      return typeof polled === 'string' ? polled : withIssuer(polled, endpoints)
    },
  }

  async redeemCode(
    account: Account,
    { redirectUri, code, codeVerifier }: CodeRedemption,
    exchange: TokenExchange,
  ): Promise<TokenSet> {
    const endpoints = await this.#discovery.endpointsOf(account, exchange.signal)
    const form = {
      grant_type: 'authorization_code',
      code: code.reveal(),
      redirect_uri: redirectUri,
      code_verifier: codeVerifier.reveal(),
    }
    const answer = await this.#askForTokens({ account, endpoints }, form, exchange)
    return withIssuer(parseTokenAnswer(account, answer), endpoints)
  }

  async refresh(
    account: Account,
    { refreshToken }: Renewal,
    exchange: TokenExchange,
  ): Promise<TokenSet> {
    const endpoints = await this.#discovery.endpointsOf(account, exchange.signal)
    const form = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken.reveal(),
      // RFC 6749 section 6: of what several accounts were granted together, this one's part.
      ...(isShared(account) ? { scope: account.scopes.join(' ') } : {}),
    }
    const answer = await this.#askForTokens({ account, endpoints }, form, exchange)
    return parseTokenAnswer(account, answer, refreshToken)
  }

  /** Where the id_token names nobody, userinfo may (oidc-provider puts the address only there). */
  async identify(
    account: Account,
    { accessToken }: TokenSet,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { userinfoEndpoint } = await this.#discovery.newEndpointsOf(account, signal)
    if (userinfoEndpoint === undefined) return []
    const answer = await sendHttpsRequest({
      method: 'GET',
      url: userinfoEndpoint,
      headers: { authorization: `Bearer ${accessToken.reveal()}` },
      signal,
    })
    if (answer.status >= 500) throw refusalOfAnswer(account, answer)
    // A server may refuse userinfo to a token for mail: then nobody is named.
    return answer.status === 200 ? identitiesIn(parseJsonObject(answer.body)) : []
  }

  async fetchAppToken(account: Account, signal: AbortSignal): Promise<IssuedToken> {
    const endpoints = await this.#discovery.endpointsOf(account, signal)
    const scope = account.scopes.join(' ')
    const form = { grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) }
    const answer = await this.#post({ account, endpoints }, endpoints.tokenEndpoint, form, signal)
    return parseAppTokenAnswer(account, answer)
  }

  async revoke(account: Account, { refreshToken }: Renewal, signal: AbortSignal): Promise<boolean> {
    const endpoints = await this.#discovery.newEndpointsOf(account, signal)
    const { revocationEndpoint } = endpoints
    if (revocationEndpoint === undefined) return false
    const form = { token: refreshToken.reveal(), token_type_hint: 'refresh_token' }
    const answer = await this.#post({ account, endpoints }, revocationEndpoint, form, signal)
    if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'revocation')
    return true
  }

  /** Sends a form of a client that says who it is. */
  async #post(
    client: Client,
    url: string,
    form: Record<string, string>,
    signal: AbortSignal,
  ): Promise<HttpsAnswer> {
    return this.#sendAs(client, form, (request) => postForm({ ...request, url, signal }))
  }

  /** The same to the token endpoint, with what may rotate. */
  async #askForTokens(
    client: Client,
    form: Record<string, string>,
    exchange: TokenExchange,
  ): Promise<HttpsAnswer> {
    const url = client.endpoints.tokenEndpoint
    return this.#sendAs(client, form, (request) => postTokenForm(exchange, { ...request, url }))
  }

  async #sendAs(
    { account, endpoints }: Client,
    form: Record<string, string>,
    send: (request: {
      fields: Record<string, string>
      headers: Record<string, string>
    }) => Promise<HttpsAnswer>,
  ): Promise<HttpsAnswer> {
    const { headers, fields } = await authenticateClient(account, endpoints)
    const sending = send({ fields: { ...form, ...fields }, headers })
    const answer = await sending.catch((error: unknown) => {
      this.#discovery.forget(account)
      throw error
    })
    if (isErrorAnswer(answer)) this.#discovery.forget(account)
    requireKnownClient(account, endpoints, answer)
    return answer
  }
}

function scopesToAsk(account: Account, { scopes }: Endpoints): string[] {
  const offered = wantedScopes.filter((scope) => scopes.includes(scope))
  return [...new Set([...offered, ...(account.consentScopes ?? account.scopes)])]
}

function isShared({ consentScopes, signInWith }: Account): boolean {
  return consentScopes !== undefined || signInWith !== undefined
}

function withoutAuthorization({ user }: Account): ProviderRejectedError {
  return new ProviderRejectedError(`the provider of "${user}" does not offer a sign-in`, {
    hint: 'set authorization_endpoint if it has one, or grant = "client_credentials"',
  })
}

function withoutDeviceCode({ user }: Account): ProviderRejectedError {
  return new ProviderRejectedError(`the provider of "${user}" does not offer device codes`, {
    hint: `run "cms-oauth login ${user} --paste"; or set device_authorization_endpoint if it has one`,
  })
}

function withIssuer(tokens: TokenSet, { issuer }: Endpoints): TokenSet {
  const { idToken } = tokens
  if (idToken === undefined || issuer === undefined) return tokens
  return { ...tokens, idToken: { ...idToken, issuer } }
}
