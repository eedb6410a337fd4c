import type { Configuration } from '@azure/msal-node'
import type { Account } from '../../../accounts/account.ts'
import { ConfigInvalidError } from '../../../errors.ts'
import { readClientAssertion } from '../../../secrets/client-assertion.ts'
import { readClientCertificate } from '../../../secrets/client-certificate.ts'
import { readClientSecret } from '../../../secrets/client-secret.ts'

type Proof = Pick<Configuration['auth'], 'clientSecret' | 'clientCertificate' | 'clientAssertion'>

/**
 * What an account's client proves itself by, as msal-node takes it; undefined for a public client.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientProof(account: Account): Promise<Proof | undefined> {
  const certificate = await readClientCertificate(account)
  if (certificate !== undefined) {
    const { certificate: x509, privateKey } = certificate
    requireRsa(privateKey.asymmetricKeyType)
    return {
      clientCertificate: {
        thumbprintSha256: x509.fingerprint256.replaceAll(':', ''),
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    }
  }
  const assertion = await readClientAssertion(account)
  if (assertion !== undefined) return { clientAssertion: assertion.reveal() }
  const secret = await readClientSecret(account)
  return secret && { clientSecret: secret.reveal() }
}

/** Microsoft Entra does not accept other signatures of a client than RSA's. */
function requireRsa(keyType: string | undefined): void {
  if (keyType === 'rsa') return
  throw new ConfigInvalidError(`the client key is of the kind "${keyType}", not RSA`, {
    hint: 'Microsoft accepts only RSA: make a certificate with "openssl req -x509 -newkey rsa:2048 -nodes"',
  })
}
