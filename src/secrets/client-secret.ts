import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import { originOf, readSecretSource } from './secret-source.ts'

/**
 * The account's client secret, read again each time so that a rotated one needs no restart;
 * undefined for a client without one.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientSecret({
  clientSecret: source,
}: Account): Promise<Secret | undefined> {
  if (source === undefined) return undefined
  const text = await readSecretSource(source, { what: 'client secret', key: 'client_secret' })
  if (source.from === 'inline') return new Secret(text)
  const [line = ''] = text.split('\n')
  if (line.trim() !== '') return new Secret(line.trim())
  throw new ConfigInvalidError(`the client secret from "${originOf(source)}" is empty`, {
    hint: 'its first line must be the secret',
  })
}
