import type { Account } from '../../../accounts/account.ts'
import { ProviderRejectedError } from '../../../errors.ts'
import { sendHttpsRequest } from '../../../https/https-request.ts'
import { isErrorAnswer } from '../../../oauth/error-response.ts'
import { parseMetadata, type ServerMetadata } from '../../../oauth/metadata.ts'
import { refusalOfAnswer } from '../token-set.ts'

/** Where an account's server is asked: what the configuration says, then what the server says. */
export type Endpoints = Partial<ServerMetadata> &
  Pick<ServerMetadata, 'tokenEndpoint' | 'tokenEndpointAuthMethods' | 'scopes'>

/**
 * The endpoints of an account, read from its issuer's discovery document where it names an issuer.
 * @throws ProviderUnavailableError, ProviderRejectedError, ProviderProtocolError
 */
export async function discoverEndpoints(account: Account, signal: AbortSignal): Promise<Endpoints> {
  const { authority, endpoints } = account
  const found = authority === undefined ? undefined : await discover(account, authority, signal)
  const authorizationEndpoint = endpoints.authorization ?? found?.authorizationEndpoint
  const tokenEndpoint = endpoints.token ?? found?.tokenEndpoint
  if (tokenEndpoint === undefined) {
    throw new ProviderRejectedError(`the endpoints of "${account.user}" are not known`, {
      hint: 'set authority, or authorization_endpoint and token_endpoint',
    })
  }
  return {
    tokenEndpointAuthMethods: [],
    scopes: [],
    ...found,
    tokenEndpoint,
    ...(authorizationEndpoint === undefined ? {} : { authorizationEndpoint }),
    ...(endpoints.deviceAuthorization === undefined
      ? {}
      : { deviceAuthorizationEndpoint: endpoints.deviceAuthorization }),
    ...(endpoints.revocation === undefined ? {} : { revocationEndpoint: endpoints.revocation }),
  }
}

async function discover(
  account: Account,
  issuer: string,
  signal: AbortSignal,
): Promise<ServerMetadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await sendHttpsRequest({ method: 'GET', url, signal })
  if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'discovery')
  return parseMetadata(answer.body, issuer)
}
