import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError } from '../errors.ts'
import { readSecretText } from './read-secret.ts'

/** A certificate and the key that it is of, ready to sign with. */
export interface SigningCertificate {
  certificate: X509Certificate
  privateKey: KeyObject
}

/**
 * The account's certificate and key, read again each time; undefined where it has none.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientCertificate({
  clientCertificate: source,
}: Account): Promise<SigningCertificate | undefined> {
  if (source === undefined) return undefined
  const { path, key } = source
  const certificate = parseCertificate(path, await readCertificateFile(path))
  const wanted = { what: 'client key', key: 'client_key' }
  const privateKey = parseKey(await readSecretText(key, wanted))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigInvalidError(`the client key does not belong to the certificate "${path}"`, {
      hint: 'client_certificate_file and client_key_file must belong together',
    })
  }
  requireInForce(path, certificate)
  return { certificate, privateKey }
}

function readCertificateFile(path: string): Promise<string> {
  return readSecretText(
    { from: 'file', path },
    { what: 'client certificate', key: 'client_certificate', kind: 'certificate' },
  )
}

function parseCertificate(path: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    throw new ConfigInvalidError(`the client certificate "${path}" is not a certificate in PEM`, {
      hint: 'it begins with "-----BEGIN CERTIFICATE-----"; "openssl x509 -inform der" converts others',
    })
  }
}

/** The library's own words may quote the key: nothing of them is kept. */
function parseKey(text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    // Both forms say so: of PKCS #8 in the label, the older ones in a header.
    const isEncrypted = text.includes('ENCRYPTED')
    throw new ConfigInvalidError(
      isEncrypted ? 'the client key is encrypted' : 'the client key is not a private key in PEM',
      {
        hint: isEncrypted
          ? 'cms-oauthd cannot ask for its passphrase: "openssl pkey -in KEY -out PLAIN" decrypts it; protect it by its mode, or as a systemd credential'
          : 'it begins with "-----BEGIN PRIVATE KEY-----"',
      },
    )
  }
}

function requireInForce(path: string, { validTo }: X509Certificate): void {
  if (Date.parse(validTo) > Date.now()) return
  throw new ConfigInvalidError(`the client certificate "${path}" expired on ${validTo}`, {
    hint: 'make a new one, put it into the app registration, and replace both files',
  })
}
