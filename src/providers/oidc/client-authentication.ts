import type { Account } from '../../accounts/account.ts'
import { assertionFields } from '../client-assertion.ts'
import { readClientSecret } from '../client-secret.ts'
import type { Endpoints } from './discovery.ts'

/** What a request carries so that the server knows its client. */
interface ClientAuthentication {
  headers: Record<string, string>
  fields: Record<string, string>
}

/**
 * How a client names itself and proves it: an assertion, a secret in the way that the server takes
 * (RFC 6749 section 2.3.1), or its mere name.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function authenticateClient(
  account: Account,
  endpoints: Endpoints,
): Promise<ClientAuthentication> {
  const { tokenEndpoint: audience, assertionAlgorithms: algorithms = [] } = endpoints
  const assertion = await assertionFields(account, { audience, algorithms })
  if (assertion !== undefined) return { headers: {}, fields: assertion }
  const { clientId } = account
  const secret = await readClientSecret(account)
  if (secret === undefined) return { headers: {}, fields: { client_id: clientId } }
  // `client_secret_basic` is what a server takes that does not say (RFC 8414 section 2).
  const methods = endpoints.tokenEndpointAuthMethods
  if (methods.length === 0 || methods.includes('client_secret_basic')) {
    return { headers: { authorization: basic(clientId, secret.reveal()) }, fields: {} }
  }
  return { headers: {}, fields: { client_id: clientId, client_secret: secret.reveal() } }
}

function basic(clientId: string, secret: string): string {
  const pair = [clientId, secret].map((part) =>
    new URLSearchParams({ '': part }).toString().slice(1),
  )
  return `Basic ${Buffer.from(pair.join(':')).toString('base64')}`
}
