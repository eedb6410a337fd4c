import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** A client's certificate and key, in PEM and in files as an account names them. */
export interface ClientCertificateFiles {
  certificate: string
  key: string
  certificateFile: string
  keyFile: string
  remove(): void
}

/** Makes a certificate of this kind of key; nothing of it is ever committed. */
export async function createClientCertificate(
  kind: 'rsa' | 'ec' = 'rsa',
  notAfterDate = new Date(Date.now() + 86_400_000),
): Promise<ClientCertificateFiles> {
  const options =
    kind === 'rsa' ? { keyType: kind, keySize: 2048 } : { keyType: kind, curve: 'P-256' as const }
  const { private: key, cert: certificate } = await generate(
    [{ name: 'commonName', value: 'client of a test' }],
    { ...options, algorithm: 'sha256', notAfterDate },
  )
  const directory = mkdtempSync(join(tmpdir(), 'client-certificate-'))
  const certificateFile = join(directory, 'client.pem')
  const keyFile = join(directory, 'client.key')
  writeFileSync(certificateFile, certificate, { mode: 0o644 })
  writeFileSync(keyFile, key, { mode: 0o600 })
  const remove = () => rmSync(directory, { recursive: true, force: true })
  return { certificate, key, certificateFile, keyFile, remove }
}
