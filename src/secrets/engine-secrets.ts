/** What a process needs to reach an engine and to open the tokens that hosts share. */
import type { X509Certificate } from 'node:crypto'
import type { EngineSecretSource, EtcdStoreConfiguration } from '../configuration/configuration.ts'
import { parseKeyPair } from '../configuration/key-pair.ts'
import { ConfigInvalidError, StoreUnreadableError } from '../errors.ts'
import { originOf, readSecret, readSecretLine, type WantedSecret } from './read-secret.ts'
import { leastKeyBytes, withoutLineEnd } from './store-key.ts'

/** What a connection to an engine is made with, in PEM. */
export interface EngineTls {
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
}

/** How an engine is reached, and as whom. */
interface EngineAccess {
  tls: EngineTls
  /** The same as the files are then. */
  readTls: () => Promise<EngineTls>
  credentials?: { user: string; password: () => Promise<string> }
}

/**
 * The certificates and the key as the files are now.
 * @throws ConfigInvalidError also for a certificate that the engine would refuse, InsecureFileModeError
 */
export async function readEngineTls(store: EtcdStoreConfiguration): Promise<EngineTls> {
  const { caFile, certificate } = store
  const ca = caFile === undefined ? {} : { ca: await readPem(caFile, authorities) }
  if (certificate === undefined) return ca
  const cert = await readPem(certificate.path, clientCertificate)
  const key = await readPem(certificate.keyPath, clientKey)
  const pair = parseKeyPair({
    of: 'etcd client',
    path: certificate.path,
    certificate: cert.toString('utf8'),
    key: key.toString('utf8'),
    keys: ['certificate_file', 'certificate_key_file'],
  })
  requireUsable(certificate.path, pair.certificate)
  return { ...ca, cert, key }
}

/**
 * What a client of the engine is made with: the certificates as they are now, how they are read again, and
 * who it is there, whose password is read each time it is needed. @throws as readEngineTls does, as `readTls`
 * does; `password` as readSecret does
 */
export async function readEngineAccess(store: EtcdStoreConfiguration): Promise<EngineAccess> {
  const { user, password: source } = store
  const readTls = () => readEngineTls(store)
  const tls = await readTls()
  if (user === undefined || source === undefined) return { tls, readTls }
  return { tls, readTls, credentials: { user, password: () => readEnginePassword(source) } }
}

/** The password of the engine's user, read each time it is needed. @throws as readSecret does */
export function readEnginePassword(source: EngineSecretSource): Promise<string> {
  return readSecretLine(source, { what: 'etcd password', key: '[store] password' })
}

/** The bytes of the key of the shared tokens. @throws StoreUnreadableError, InsecureFileModeError */
export async function readTokenKey(source: EngineSecretSource): Promise<Buffer> {
  const bytes = withoutLineEnd(await readSecret(source, tokenKey))
  if (bytes.length >= leastKeyBytes) return bytes
  throw new StoreUnreadableError(`the key of shared tokens from ${originOf(source)} is too short`, {
    hint: `it needs ${leastKeyBytes} bytes at least; "openssl rand -hex 32" generates a good one`,
  })
}

/** The CommonName of a certificate; undefined where it has none. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const { CN: name } = certificate.toLegacyObject().subject as { CN?: string | string[] }
  const [first = ''] = [name].flat()
  return first === '' ? undefined : first
}

/** What is wrong with a client certificate that names somebody, and the next step. */
export function withoutCommonName(name: string): { what: string; hint: string } {
  return {
    what: `the certificate has the CommonName "${name}", with which etcd refuses every request through its gateway`,
    hint: 'make a certificate without a CommonName (openssl req -subj "/O=cms-oauth"): etcd knows the host by "user" and its password',
  }
}

/** The key of shared tokens, among the secrets. */
const tokenKey = {
  what: 'key of shared tokens',
  key: '[store] token_key',
  unreadable: StoreUnreadableError,
} as const satisfies WantedSecret

const authorities = {
  what: 'list of authorities of etcd',
  key: '[store] ca',
  kind: 'certificate',
} as const satisfies WantedSecret
const clientCertificate = {
  what: 'etcd client certificate',
  key: '[store] certificate',
  kind: 'certificate',
} as const satisfies WantedSecret
const clientKey = {
  what: 'etcd client key',
  key: '[store] certificate_key',
} as const satisfies WantedSecret

function readPem(path: string, wanted: WantedSecret): Promise<Buffer> {
  return readSecret({ from: 'file', path }, wanted)
}

function requireUsable(path: string, certificate: X509Certificate): void {
  const name = commonNameOf(certificate)
  if (name !== undefined) {
    const { what, hint } = withoutCommonName(name)
    throw new ConfigInvalidError(`certificate_file "${path}": ${what}`, { hint })
  }
  const { validTo } = certificate
  if (Date.parse(validTo) > Date.now()) return
  throw new ConfigInvalidError(`the etcd client certificate "${path}" expired on ${validTo}`, {
    hint: 'make a new one, and replace both files',
  })
}
