import { JWT, OAuth2Client } from 'google-auth-library'
import type { Account } from '../../../accounts/account.ts'
import { postForm } from '../../../https/post-form.ts'
import type { TokenExchange } from '../../../https/token-exchange.ts'
import type { Secret } from '../../../logging/secret.ts'
import { isErrorAnswer } from '../../../oauth/error-response.ts'
import { parseJsonObject } from '../../../oauth/json-object.ts'
import {
  googleEndpoints as endpoints,
  googleIdentityScopes,
} from '../../../provider-facts/google.ts'
import { readClientSecret } from '../../../secrets/client-secret.ts'
import { readServiceAccountKey } from '../../../secrets/service-account-key.ts'
import type { TokenSet } from '../issued-token.ts'
import type { Provider } from '../provider.ts'
import { RecordedExchange } from '../recorded-exchange.ts'
import { refusalOfAnswer } from '../token-set.ts'
import { createFetch } from './fetch-implementation.ts'
import { googleDeviceFlow } from './google-device-flow.ts'
import { withGoogleIssuer } from './with-google-issuer.ts'

/** Gmail through google-auth-library. */
export const googleProvider: Provider = {
  async startAuthorization(account, request) {
    const client = await createClient(account, { redirectUri: request.redirectUri })
    const options = {
      access_type: 'offline',
      prompt: 'consent',
      scope: [...account.scopes, ...googleIdentityScopes],
      state: request.state,
      nonce: request.nonce,
      login_hint: account.loginHint,
      code_challenge: request.codeChallenge,
      code_challenge_method: 'S256',
    }
    const url = client.generateAuthUrl(options as Parameters<typeof client.generateAuthUrl>[0])
    return { url }
  },

  deviceFlow: googleDeviceFlow,

  async redeemCode(account, { redirectUri, code, codeVerifier }, exchange) {
    return fetchTokens(account, { redirectUri, exchange }, (client) =>
      client.getToken({ code: code.reveal(), codeVerifier: codeVerifier.reveal() }),
    )
  },

  async refresh(account, { refreshToken }, exchange) {
    return fetchTokens(account, { refreshToken, exchange }, (client) => {
      client.setCredentials({ refresh_token: refreshToken.reveal() })
      return client.refreshAccessToken()
    })
  },

  /** A service account in the name of the mailbox's owner: domain-wide delegation (RFC 7523). */
  async fetchAppToken(account, signal) {
    const exchange = new RecordedExchange(signal)
    const { clientEmail, privateKey } = await readServiceAccountKey(account)
    const audience = account.endpoints.token ?? endpoints.token
    const client = new JWT({
      email: clientEmail,
      key: privateKey.reveal(),
      subject: account.user,
      scopes: account.scopes,
      additionalClaims: { aud: audience },
      transporterOptions: transporterOptions(createFetch(exchange, audience)),
    })
    return exchange.fetchAppToken(account, () => client.authorize())
  },

  /** RFC 7009 in the body: the library would put the token into the URL. */
  async revoke(account, { refreshToken }, signal) {
    const url = account.endpoints.revocation ?? endpoints.revocation
    const answer = await postForm({ url, fields: { token: refreshToken.reveal() }, signal })
    // Google, against RFC 7009 section 2.2, refuses to revoke what is revoked already.
    const { error } = parseJsonObject(answer.body)
    if (isErrorAnswer(answer) && error !== 'invalid_token') {
      throw refusalOfAnswer(account, answer, 'revocation')
    }
    return true
  },
}

interface TokenRequest {
  exchange: TokenExchange
  redirectUri?: string
  /** The refresh token that is sent. */
  refreshToken?: Secret
}

/**
 * Asks through the library for tokens, and reads them from what came: the library writes the old
 * refresh token over a new one in the object that it returns.
 */
async function fetchTokens(
  account: Account,
  { exchange, redirectUri, refreshToken }: TokenRequest,
  call: (client: OAuth2Client) => Promise<unknown>,
): Promise<TokenSet> {
  const recorded = new RecordedExchange(exchange.signal, exchange)
  const client = await createClient(account, { exchange: recorded, redirectUri })
  const tokens = await recorded.fetchTokens(account, refreshToken, () => call(client))
  return withGoogleIssuer(account, tokens)
}

async function createClient(
  account: Account,
  { exchange, redirectUri }: { exchange?: RecordedExchange; redirectUri?: string | undefined },
): Promise<OAuth2Client> {
  const secret = await readClientSecret(account)
  return new OAuth2Client({
    clientId: account.clientId,
    ...(secret === undefined ? {} : { clientSecret: secret.reveal() }),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    endpoints: {
      oauth2AuthBaseUrl: account.endpoints.authorization ?? endpoints.authorization,
      oauth2TokenUrl: account.endpoints.token ?? endpoints.token,
    },
    transporterOptions: transporterOptions(exchange && createFetch(exchange)),
  })
}

/** Who decides about another try, and when, is the daemon. */
function transporterOptions(fetchImplementation: typeof fetch | undefined) {
  return {
    retry: false,
    retryConfig: { retry: 0 },
    ...(fetchImplementation === undefined ? {} : { fetchImplementation }),
  }
}
