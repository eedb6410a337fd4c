import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** The certificates of an engine and of its clients, in files. */
export interface EtcdCertificates {
  directory: string
  ca: string
  /** Of every node: for the names and addresses given, and for clients too, since the gateway is one of its own node. */
  server: KeyPairFiles
  /** Of a host: without a CommonName. */
  client: KeyPairFiles
  /** Of a host too, but with a CommonName, which the gateway refuses. */
  named: KeyPairFiles
  /** Of an authority that the engine does not know. */
  foreign: KeyPairFiles
  /** What signs sessions. */
  jwt: { publicKey: string; privateKey: string }
  /** Puts another certificate into the files of one, by the same authority; an expired one, if that is wanted. */
  replace(which: 'server' | 'client', isExpired?: boolean): Promise<void>
  /** Puts another authority into the place of the one in `ca`, and certificates by it. */
  replaceAuthority(): Promise<void>
  remove(): void
}

interface KeyPairFiles {
  cert: string
  key: string
}

type Subject = { name: string; value: string }[]

const sound = {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
  notBeforeDate: new Date(Date.now() - 24 * 60 * 60 * 1_000),
} as const

/** Makes them on the spot; nothing of them is ever committed. */
export async function createEtcdCertificates(
  addresses: readonly string[] = [],
): Promise<EtcdCertificates> {
  const directory = mkdtempSync(join(tmpdir(), 'etcd-certificates-'))
  const write = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const [first, stranger] = await Promise.all([createAuthority('ours'), createAuthority('not')])
  let authority = first
  const issue = async (name: string, subject: Subject, ca = authority, isExpired = false) => {
    const ips = ['127.0.0.1', ...addresses].map((ip) => ({ type: 7 as const, ip }))
    const { private: key, cert } = await generate(subject, {
      ...sound,
      ...(isExpired ? { notAfterDate: new Date(Date.now() - 60 * 60 * 1_000) } : {}),
      ca: { key: ca.private, cert: ca.cert },
      extensions: [
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, ...ips] },
      ],
    })
    return { cert: write(`${name}.pem`, cert), key: write(`${name}.key`, key) }
  }
  const nobody = [{ name: 'organizationName', value: 'hosts of a test' }]
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    directory,
    ca: write('ca.pem', authority.cert),
    server: await issue('server', nobody),
    client: await issue('client', nobody),
    named: await issue('named', [{ name: 'commonName', value: 'relay1' }]),
    foreign: await issue('foreign', nobody, stranger),
    jwt: {
      publicKey: write('jwt.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      privateKey: write('jwt.key', privateKey.export({ type: 'sec1', format: 'pem' }).toString()),
    },
    replace: async (which, isExpired = false) => {
      await issue(which, nobody, authority, isExpired)
    },
    replaceAuthority: async () => {
      authority = await createAuthority('ours by now')
      write('ca.pem', authority.cert)
      await Promise.all([issue('server', nobody), issue('client', nobody)])
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function createAuthority(name: string): Promise<{ private: string; cert: string }> {
  return generate([{ name: 'commonName', value: `authority of etcd, ${name}` }], {
    ...sound,
    extensions: [{ name: 'basicConstraints', cA: true }],
  })
}
