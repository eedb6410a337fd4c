import { JWT, OAuth2Client } from 'google-auth-library'
import type { Account } from '../../accounts/account.ts'
import { gmailScope } from '../../accounts/provider-defaults.ts'
import { SignInRequiredError } from '../../errors.ts'
import { Secret } from '../../logging/secret.ts'
import { isErrorAnswer } from '../../oauth/error-response.ts'
import { parseJsonObject } from '../../oauth/json-object.ts'
import { readClientSecret } from '../client-secret.ts'
import type { TokenSet } from '../issued-token.ts'
import { postForm } from '../post-form.ts'
import type { Provider } from '../provider.ts'
import { RecordedExchange } from '../recorded-exchange.ts'
import { refusalOfAnswer, renewalOf, type UsedInRequest } from '../token-set.ts'
import { createFetch } from './fetch-implementation.ts'
import { readServiceAccountKey } from './service-account-key.ts'

const endpoints = {
  authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
  token: 'https://oauth2.googleapis.com/token',
  revocation: 'https://oauth2.googleapis.com/revoke',
}

/** Tells whose mailbox it is, so that a sign-in with the wrong account is noticed. */
const identityScopes = ['openid', 'email']

/** Gmail through google-auth-library. */
export const googleProvider: Provider = {
  async startAuthorization(account, request) {
    const client = await createClient(account, { redirectUri: request.redirectUri })
    const options = {
      access_type: 'offline',
      prompt: 'consent',
      scope: [...account.scopes, ...identityScopes],
      state: request.state,
      nonce: request.nonce,
      login_hint: account.loginHint,
      code_challenge: request.codeChallenge,
      code_challenge_method: 'S256',
    }
    const url = client.generateAuthUrl(options as Parameters<typeof client.generateAuthUrl>[0])
    return { url }
  },

  async redeemCode(account, { redirectUri, nonce, code, codeVerifier }, signal) {
    const tokens = await fetchTokens(account, { nonce }, { redirectUri, signal }, (client) =>
      client.getToken({ code: code.reveal(), codeVerifier: codeVerifier.reveal() }),
    )
    requireMail(account, tokens)
    return tokens
  },

  async refresh(account, { refreshToken }, signal) {
    return fetchTokens(account, { refreshToken }, { signal }, (client) => {
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
    // Google, against RFC 7009 section 2.2, refuses to end what has ended already.
    const { error } = parseJsonObject(answer.body)
    if (isErrorAnswer(answer) && error !== 'invalid_token') {
      throw refusalOfAnswer(account, answer, 'revocation')
    }
    return true
  },
}

/** Google's consent page has a box for mail that people may leave unticked. */
function requireMail({ user, scopes }: Account, granted: TokenSet): void {
  if (!scopes.includes(gmailScope) || granted.scopes.includes(gmailScope)) return
  throw new SignInRequiredError(`the sign-in of "${user}" does not allow access to mail`, {
    hint: 'sign in again, and tick the box for mail on the page of Google',
  })
}

/**
 * Asks through the library for tokens. The refresh token is that of its event: what
 * `refreshAccessToken` returns has the old one in the place of a new one.
 */
async function fetchTokens(
  account: Account,
  used: UsedInRequest,
  { redirectUri, signal }: { redirectUri?: string; signal: AbortSignal },
  call: (client: OAuth2Client) => Promise<unknown>,
): Promise<TokenSet> {
  const exchange = new RecordedExchange(signal)
  const client = await createClient(account, { exchange, redirectUri })
  let { refreshToken } = used
  client.once('tokens', ({ refresh_token: emitted }) => {
    if (typeof emitted === 'string' && emitted !== '') refreshToken = new Secret(emitted)
  })
  const tokens = await exchange.fetchTokens(account, used, () => call(client))
  return { ...tokens, renewal: renewalOf(account, refreshToken) }
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
