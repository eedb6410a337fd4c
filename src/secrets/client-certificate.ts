import type { X509Certificate } from 'node:crypto'
import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError } from '../errors.ts'
import { type KeyPair, parseKeyPair } from '../configuration/key-pair.ts'
import { readSecretText } from './read-secret.ts'

/** A certificate and the key that it is of, ready to sign with. */
export type SigningCertificate = KeyPair

/**
 * The account's certificate and key, read again each time; undefined where it has none.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientCertificate({
  clientCertificate: source,
}: Account): Promise<SigningCertificate | undefined> {
  if (source === undefined) return undefined
  const { path, key } = source
  const pair = parseKeyPair({
    of: 'client',
    path,
    certificate: await readCertificateFile(path),
    key: await readSecretText(key, { what: 'client key', key: 'client_key' }),
    keys: ['client_certificate_file', 'client_key_file'],
  })
  requireInForce(path, pair.certificate)
  return pair
}

function readCertificateFile(path: string): Promise<string> {
  return readSecretText(
    { from: 'file', path },
    { what: 'client certificate', key: 'client_certificate', kind: 'certificate' },
  )
}

function requireInForce(path: string, { validTo }: X509Certificate): void {
  if (Date.parse(validTo) > Date.now()) return
  throw new ConfigInvalidError(`the client certificate "${path}" expired on ${validTo}`, {
    hint: 'make a new one, put it into the app registration, and replace both files',
  })
}
