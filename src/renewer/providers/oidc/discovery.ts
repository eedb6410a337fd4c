import type { Account } from '../../../accounts/account.ts'
import { ProviderRejectedError } from '../../../errors.ts'
import { sendHttpsRequest } from '../../../https/https-request.ts'
import { isErrorAnswer } from '../../../oauth/error-response.ts'
import { parseMetadata, type ServerMetadata } from '../../../oauth/metadata.ts'
import { refusalOfAnswer } from '../token-set.ts'

/** Where an account's server is asked: what the configuration says, then what the server says. */
export type Endpoints = Partial<ServerMetadata> &
  Pick<ServerMetadata, 'tokenEndpoint' | 'tokenEndpointAuthMethods' | 'scopes'>

interface Document {
  metadata: ServerMetadata
  /** By the clock of performance.now(). */
  readAtMs: number
}

/**
 * What was read in the life of this process. RFC 8414 says nothing of how long a document holds: for an
 * hour here, unless a new one is asked for, and until a request fails that went where it says. A server
 * that moves is found again by the attempt after that.
 */
const documents = new Map<string, Document>()
const longestLifeMs = 3_600_000

/**
 * The endpoints of an account, by its issuer's discovery document where it names an issuer. It is read
 * from the server if `mustBeNew`, as for what a person asked for, or if none is known.
 * @throws ProviderUnavailableError, ProviderRejectedError, ProviderProtocolError
 */
export async function discoverEndpoints(
  account: Account,
  signal: AbortSignal,
  mustBeNew = false,
): Promise<Endpoints> {
  const { authority, endpoints } = account
  const known = mustBeNew ? undefined : knownMetadata(authority)
  const found =
    authority === undefined ? undefined : (known ?? (await discover(account, authority, signal)))
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

/** What the account's server says has led nowhere: it is asked for again. */
export function forgetDocument({ authority }: Pick<Account, 'authority'>): void {
  documents.delete(authority ?? '')
}

function knownMetadata(issuer = ''): ServerMetadata | undefined {
  const document = documents.get(issuer)
  const isOld = document !== undefined && performance.now() - document.readAtMs > longestLifeMs
  return isOld ? undefined : document?.metadata
}

async function discover(
  account: Account,
  issuer: string,
  signal: AbortSignal,
): Promise<ServerMetadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await sendHttpsRequest({ method: 'GET', url, signal })
  if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'discovery')
  const metadata = parseMetadata(answer.body, issuer)
  documents.set(issuer, { metadata, readAtMs: performance.now() })
  return metadata
}
