import type { Account } from '../../../accounts/account.ts'
import type { ClientAuthentication } from '../../../configuration/configuration.ts'
import { ProviderRejectedError } from '../../../errors.ts'
import type { HttpsAnswer } from '../../../https/https-request.ts'
import { isErrorAnswer, reduceErrorResponse } from '../../../oauth/error-response.ts'
import { plainWord } from '../../../oauth/plain-word.ts'
import { assertionFields } from '../../../secrets/client-assertion.ts'
import { readClientSecret } from '../../../secrets/client-secret.ts'
import { refusalOfAnswer } from '../token-set.ts'
import type { Endpoints } from './discovery.ts'

/** What a request carries so that the server knows its client. */
interface Credentials {
  headers: Record<string, string>
  fields: Record<string, string>
}

/**
 * How a client names itself and proves it: an assertion, a secret in the way that is configured
 * or that the server takes (RFC 6749 section 2.3.1), or its mere name.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function authenticateClient(
  account: Account,
  endpoints: Endpoints,
): Promise<Credentials> {
  const { tokenEndpoint: audience, assertionAlgorithms: algorithms = [] } = endpoints
  const assertion = await assertionFields(account, { audience, algorithms })
  if (assertion !== undefined) return { headers: {}, fields: assertion }
  const { clientId } = account
  const secret = await readClientSecret(account)
  if (secret === undefined) return { headers: {}, fields: { client_id: clientId } }
  return methodOf(account, endpoints) === 'basic'
    ? { headers: { authorization: basic(clientId, secret.reveal()) }, fields: {} }
    : { headers: {}, fields: { client_id: clientId, client_secret: secret.reveal() } }
}

/**
 * Holds an answer against the client's authentication: where it is refused, and the secret could be
 * sent in the other way too, that is the next step.
 * @throws ProviderRejectedError
 */
export function requireKnownClient(
  account: Account,
  endpoints: Endpoints,
  answer: HttpsAnswer,
): void {
  if (!isErrorAnswer(answer) || account.clientSecret === undefined) return
  const refusal = reduceErrorResponse(answer.status, answer.body)
  if (plainWord(refusal.error ?? '') !== 'invalid_client') return
  const other = methodOf(account, endpoints) === 'basic' ? 'post' : 'basic'
  if (!takes(endpoints, other)) return
  const { message } = refusalOfAnswer(account, answer)
  throw new ProviderRejectedError(message, {
    hint: `compare client_id and the client secret with the registration; where they are right, set client_authentication = "${other}" and run "cms-oauth reload"`,
    answer: refusal,
    actor: 'administrator',
  })
}

function methodOf(account: Account, endpoints: Endpoints): ClientAuthentication {
  return account.clientAuthentication ?? (takes(endpoints, 'basic') ? 'basic' : 'post')
}

/** What a server says of itself; one that says nothing (RFC 8414 section 2: basic) may take either. */
function takes(
  { tokenEndpointAuthMethods: methods }: Endpoints,
  method: ClientAuthentication,
): boolean {
  return methods.length === 0 || methods.includes(`client_secret_${method}`)
}

function basic(clientId: string, secret: string): string {
  const pair = [clientId, secret].map((part) =>
    new URLSearchParams({ '': part }).toString().slice(1),
  )
  return `Basic ${Buffer.from(pair.join(':')).toString('base64')}`
}
