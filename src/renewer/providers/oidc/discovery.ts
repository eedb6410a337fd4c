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

const longestLifeMs = 3_600_000

/**
 * The discovery documents of issuers. RFC 8414 says nothing of how long one holds: for an hour here,
 * unless a new one is asked for, and until a request fails that went where it says. A server that moves is
 * found again by the attempt after that.
 */
export class Discovery {
  readonly #documents = new Map<string, Document>()

  /**
   * The endpoints of an account, by its issuer's document where it names an issuer: by the one that is known,
   * or else a new one.
   * @throws ProviderUnavailableError, ProviderRejectedError, ProviderProtocolError
   */
  async endpointsOf(account: Account, signal: AbortSignal): Promise<Endpoints> {
    const known = this.#known(account.authority)
    return known === undefined
      ? this.newEndpointsOf(account, signal)
      : withConfigured(account, known)
  }

  /** The same by a document that is read now, as for what a person asked for. @throws as endpointsOf */
  async newEndpointsOf(account: Account, signal: AbortSignal): Promise<Endpoints> {
    const { authority } = account
    const found = authority === undefined ? undefined : await this.#read(account, authority, signal)
    return withConfigured(account, found)
  }

  /** What the account's server says has led nowhere: it is asked for again. */
  forget({ authority }: Pick<Account, 'authority'>): void {
    this.#documents.delete(authority ?? '')
  }

  #known(issuer = ''): ServerMetadata | undefined {
    const document = this.#documents.get(issuer)
    const isOld = document !== undefined && performance.now() - document.readAtMs > longestLifeMs
    return isOld ? undefined : document?.metadata
  }

  async #read(account: Account, issuer: string, signal: AbortSignal): Promise<ServerMetadata> {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await sendHttpsRequest({ method: 'GET', url, signal })
    if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'discovery')
    const metadata = parseMetadata(answer.body, issuer)
    this.#documents.set(issuer, { metadata, readAtMs: performance.now() })
    return metadata
  }
}

/** What the configuration says goes before what the server says. */
function withConfigured({ user, endpoints }: Account, found?: ServerMetadata): Endpoints {
  const authorizationEndpoint = endpoints.authorization ?? found?.authorizationEndpoint
  const tokenEndpoint = endpoints.token ?? found?.tokenEndpoint
  if (tokenEndpoint === undefined) {
    throw new ProviderRejectedError(`the endpoints of "${user}" are not known`, {
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
