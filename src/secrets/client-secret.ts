import type { Account } from '../accounts/account.ts'
import { Secret } from '../logging/secret.ts'
import { readSecretLine } from './read-secret.ts'

/**
 * The account's client secret, read again each time so that a rotated one needs no restart;
 * undefined for a client without one.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientSecret({
  clientSecret: source,
}: Account): Promise<Secret | undefined> {
  if (source === undefined) return undefined
  const wanted = { what: 'client secret', key: 'client_secret' }
  return new Secret(await readSecretLine(source, wanted))
}
