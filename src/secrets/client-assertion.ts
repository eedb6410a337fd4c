import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError } from '../errors.ts'
import { readSecretText } from './read-secret.ts'
import { Secret } from '../logging/secret.ts'
import { readClientCertificate } from './client-certificate.ts'
import { createSignedAssertion } from './signed-assertion.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

interface AssertionTarget {
  /** The URL of the token endpoint. */
  audience: string
  /** What the server takes (JWA names); empty: it does not say. */
  algorithms: readonly string[]
}

/**
 * The fields by which a client with a certificate or an assertion file proves who it is (RFC 7523
 * section 2.2); undefined for one that has neither.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function assertionFields(
  account: Account,
  target: AssertionTarget,
): Promise<Record<string, string> | undefined> {
  const { clientId } = account
  const certificate = await readClientCertificate(account)
  const assertion =
    certificate === undefined
      ? await readClientAssertion(account)
      : createSignedAssertion(certificate, { clientId, ...target })
  if (assertion === undefined) return undefined
  return {
    client_id: clientId,
    client_assertion_type: assertionType,
    client_assertion: assertion.reveal(),
  }
}

/**
 * The assertion that something else keeps fresh for the account (workload identity), read again each
 * time; undefined where the account has none.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientAssertion({
  clientAssertionFile: path,
}: Account): Promise<Secret | undefined> {
  if (path === undefined) return undefined
  const text = await readSecretText(
    { from: 'file', path },
    { what: 'client assertion', key: 'client_assertion', kind: 'projectedToken' },
  )
  const assertion = text.trim()
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) return new Secret(assertion)
  throw new ConfigInvalidError(`the client assertion "${path}" is not a signed JWT`, {
    hint: 'the platform that writes the file puts three parts with dots between them into it',
  })
}
