import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { ConfigInvalidError } from '../errors.ts'

/** What a pair is made of, and how it is spoken of. */
interface KeyPairText {
  /** Like `client`: of whom it is. */
  of: string
  path: string
  certificate: string
  key: string
  /** The configuration's keys. */
  keys: readonly [certificate: string, key: string]
}

/** A certificate and the key that it is of. */
export interface KeyPair {
  certificate: X509Certificate
  privateKey: KeyObject
}

/** Reads a certificate, the first of its text, and its key. @throws ConfigInvalidError */
export function parseKeyPair({ of, path, certificate: text, key, keys }: KeyPairText): KeyPair {
  const certificate = parseCertificate(`${of} certificate "${path}"`, text)
  const privateKey = parseKey(`${of} key`, key)
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigInvalidError(`the ${of} key does not belong to the certificate "${path}"`, {
      hint: `${keys.join(' and ')} must belong together`,
    })
  }
  return { certificate, privateKey }
}

/** @throws ConfigInvalidError */
function parseCertificate(what: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    throw new ConfigInvalidError(`the ${what} is not a certificate in PEM`, {
      hint: 'it begins with "-----BEGIN CERTIFICATE-----"; "openssl x509 -inform der" converts others',
    })
  }
}

/** The library's own words may quote the key: nothing of them is kept. */
function parseKey(what: string, text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    // Both forms say so: of PKCS #8 in the label, the older ones in a header.
    const isEncrypted = text.includes('ENCRYPTED')
    throw new ConfigInvalidError(
      isEncrypted ? `the ${what} is encrypted` : `the ${what} is not a private key in PEM`,
      {
        hint: isEncrypted
          ? 'cms-oauthd cannot ask for its passphrase: "openssl pkey -in KEY -out PLAIN" decrypts it; protect it by its mode, or as a systemd credential'
          : 'it begins with "-----BEGIN PRIVATE KEY-----"',
      },
    )
  }
}
