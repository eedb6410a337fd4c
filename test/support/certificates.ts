import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** A certificate of localhost and its authority, in memory and in files. */
export interface TestCertificates {
  /** PEM. */
  ca: string
  cert: string
  key: string
  /** For NODE_EXTRA_CA_CERTS. */
  caFile: string
  directory: string
  remove(): Promise<void>
}

interface CertificateOptions {
  /** The names it is for; localhost and the loopback addresses unless a test requires another. */
  names?: string[]
  /** Addresses that it is for too. */
  addresses?: readonly string[]
  /** What its authority is called; those that one program trusts need names of their own. */
  authorityName?: string
  /** It was good until an hour ago. */
  isExpired?: boolean
}

const sound = {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
  // Valid to a program whose clock is set back by a day, too.
  notBeforeDate: new Date(Date.now() - 2 * 24 * 60 * 60 * 1_000),
} as const

/** Makes an authority and its certificate on the spot; nothing of them is ever committed. */
export async function createTestCertificates({
  names = ['localhost'],
  addresses: others = [],
  authorityName = 'authority of a test',
  isExpired = false,
}: CertificateOptions = {}): Promise<TestCertificates> {
  const altNames = names.map((value) => ({ type: 2 as const, value }))
  const addresses = ['127.0.0.1', '::1', ...others].map((ip) => ({ type: 7 as const, ip }))
  const authority = await generate([{ name: 'commonName', value: authorityName }], {
    ...sound,
    extensions: [{ name: 'basicConstraints', cA: true }],
  })
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    ...sound,
    ca: { key: authority.private, cert: authority.cert },
    ...(isExpired ? { notAfterDate: new Date(Date.now() - 60 * 60_000) } : {}),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: names.includes('localhost') ? [...altNames, ...addresses] : altNames,
      },
    ],
  })
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'))
  const caFile = join(directory, 'ca.pem')
  await writeFile(caFile, authority.cert)
  return {
    ca: authority.cert,
    cert,
    key,
    caFile,
    directory,
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
