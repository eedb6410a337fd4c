import { createPrivateKey } from 'node:crypto'
import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import { parseJsonObject } from '../oauth/json-object.ts'
import { originOf, readSecretText } from './read-secret.ts'

/** The part of a service account's key that is used. */
interface ServiceAccountKey {
  clientEmail: string
  /** PEM. */
  privateKey: Secret
}

/**
 * The account's key as Google made it (JSON), read again each time.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readServiceAccountKey({
  user,
  serviceAccountKey: source,
}: Account): Promise<ServiceAccountKey> {
  if (source === undefined) {
    throw new ConfigInvalidError(`"${user}" has no service account key`, {
      hint: 'set service_account_file',
    })
  }
  const wanted = { what: 'service account key', key: 'service_account' }
  const {
    type,
    client_email: clientEmail,
    private_key: privateKey,
  } = parseJsonObject(await readSecretText(source, wanted))
  if (
    type === 'service_account' &&
    typeof clientEmail === 'string' &&
    typeof privateKey === 'string' &&
    isPrivateKey(privateKey)
  ) {
    return { clientEmail, privateKey: new Secret(privateKey) }
  }
  throw new ConfigInvalidError(`${originOf(source)} does not hold a service account key`, {
    hint: 'it is the JSON file that the Google Cloud console gives: the service account, Keys, Add key',
  })
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}
