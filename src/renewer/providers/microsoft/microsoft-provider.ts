import {
  ConfidentialClientApplication,
  type Configuration,
  PublicClientApplication,
} from '@azure/msal-node'
import type { Account } from '../../../accounts/account.ts'
import { ConfigInvalidError, ProviderProtocolError } from '../../../errors.ts'
import { isHttpsUrl } from '../../../oauth/https-url.ts'
import { checkEndpoints } from '../../../oauth/next-steps.ts'
import type { Provider } from '../provider.ts'
import { RecordedExchange } from '../recorded-exchange.ts'
import { readClientProof } from './client-proof.ts'
import { microsoftDeviceFlow } from './device-flow.ts'
import { createNetworkModule } from './network-module.ts'

type Application = PublicClientApplication | ConfidentialClientApplication

/**
 * Office365 through msal-node. The library makes the requests and checks what it knows of; the
 * refresh token is kept by us alone, so that nothing of its cache reaches the disk and a suberror
 * that makes it forget a token loses nothing.
 */
export const microsoftProvider: Provider = {
  async startAuthorization(account, request, signal) {
    const exchange = new RecordedExchange(signal)
    const application = await createApplication(account, exchange)
    const { redirectUri, state, nonce, codeChallenge } = request
    const url = await exchange.run(account, () =>
      application.getAuthCodeUrl({
        scopes: account.consentScopes ?? account.scopes,
        redirectUri,
        state,
        nonce,
        codeChallenge,
        codeChallengeMethod: 'S256',
        loginHint: account.loginHint,
      }),
    )
    // The library takes any scheme that a discovery document names.
    if (!isHttpsUrl(url)) {
      throw new ProviderProtocolError(`the sign-in page for "${account.user}" is not on https`, {
        hint: checkEndpoints,
      })
    }
    return { url }
  },

  deviceFlow: microsoftDeviceFlow,

  async redeemCode(account, { redirectUri, code, codeVerifier }, tokenExchange) {
    const exchange = new RecordedExchange(tokenExchange.signal, tokenExchange)
    const application = await createApplication(account, exchange)
    return exchange.fetchTokens(account, undefined, () =>
      application.acquireTokenByCode({
        code: code.reveal(),
        codeVerifier: codeVerifier.reveal(),
        redirectUri,
        scopes: account.scopes,
      }),
    )
  },

  async refresh(account, { refreshToken }, tokenExchange) {
    const exchange = new RecordedExchange(tokenExchange.signal, tokenExchange)
    const application = await createApplication(account, exchange)
    return exchange.fetchTokens(account, refreshToken, () =>
      application.acquireTokenByRefreshToken({
        refreshToken: refreshToken.reveal(),
        scopes: account.scopes,
        forceCache: true,
      }),
    )
  },

  async fetchAppToken(account, signal) {
    const exchange = new RecordedExchange(signal)
    const application = await createApplication(account, exchange)
    if (!(application instanceof ConfidentialClientApplication)) {
      throw new ConfigInvalidError(`"${account.user}" has no client credential`, {
        hint: 'set client_secret_file, client_certificate_file or client_assertion_file',
      })
    }
    const { scopes } = account
    return exchange.fetchAppToken(account, () =>
      application.acquireTokenByClientCredential({ scopes, skipCache: true }),
    )
  },

  /** Microsoft does not offer revocation of a single sign-in. */
  async revoke() {
    return false
  },
}

async function createApplication(
  account: Account,
  exchange: RecordedExchange,
): Promise<Application> {
  const proof = await readClientProof(account)
  const authority = account.authority ?? ''
  const configuration: Configuration = {
    auth: {
      clientId: account.clientId,
      authority,
      // Named as known, an authority is not looked up at Microsoft's first.
      knownAuthorities: [new URL(authority).host],
    },
    system: { networkClient: createNetworkModule(exchange) },
  }
  if (proof === undefined) return new PublicClientApplication(configuration)
  return new ConfidentialClientApplication({
    ...configuration,
    auth: { ...configuration.auth, ...proof },
  })
}
