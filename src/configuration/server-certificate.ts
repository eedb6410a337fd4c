import type { CertificateFiles } from './local-listener.ts'
import { ConfigInvalidError } from '../errors.ts'
import { readFileInBackground } from '../files/read-file.ts'
import { parseKeyPair } from './key-pair.ts'

/** A server's certificate, with those above it, and its key, in PEM. */
export interface ServerCertificate {
  chain: string
  key: string
  /** Of the server's own; epoch ms. */
  expiresAt: number
}

/** OpenSSL does not accept shorter ones at the security level of newer versions of Node. */
const leastRsaBits = 2_048

/**
 * The certificate of a [[bridge]], as the files are now. One that has expired is given all the same: whoever
 * connects says so.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readServerCertificate(files: CertificateFiles): Promise<ServerCertificate> {
  const chain = await read(files.path, 'certificate')
  const key = await read(files.keyPath, 'key')
  const { certificate, privateKey } = parseKeyPair({
    of: 'bridge',
    path: files.path,
    certificate: chain,
    key,
    keys: ['certificate_file', 'key_file'],
  })
  const { modulusLength = leastRsaBits } = privateKey.asymmetricKeyDetails ?? {}
  if (modulusLength < leastRsaBits) {
    throw new ConfigInvalidError(`the bridge key "${files.keyPath}" has ${modulusLength} bits`, {
      hint: `use RSA of at least ${leastRsaBits} bits, or ECDSA`,
    })
  }
  return { chain, key, expiresAt: Date.parse(certificate.validTo) }
}

async function read(path: string, part: 'certificate' | 'key'): Promise<string> {
  const { bytes } = await readFileInBackground({
    path,
    what: `bridge ${part}`,
    kind: part === 'key' ? 'secret' : 'certificate',
    unreadable: ConfigInvalidError,
    hint: `check ${part}_file and the directories above it`,
  })
  return bytes.toString('utf8')
}
