import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type {
  Configuration,
  EngineSecretSource,
  EtcdStoreConfiguration,
  StoreConfiguration,
  StoreKeySource,
} from '../configuration/configuration.ts'
import { defaultKeyFile, stateDirectory } from '../configuration/directories.ts'
import { commonNameOf, withoutCommonName } from '../secrets/engine-secrets.ts'
import type { Problem } from './problems.ts'
import type { StoreKeys } from './store-keys.ts'

const defaultPrefix = '/cms-oauth/v1/'

/** What keeps the records, with every default filled in. */
export function storeOf(store: StoreKeys, env: NodeJS.ProcessEnv): StoreConfiguration {
  const { kind } = store
  switch (kind) {
    case 'files':
      return { kind, key: keySource(store, env), stateDirectory: stateDirectory(env) }
    case 'etcd':
      return etcdStore(store, env)
  }
}

/** A client certificate with which etcd would refuse every request; one that cannot be read is found later. */
export function unusableStore({ store }: Pick<Configuration, 'store'>): Problem[] {
  if (store.kind !== 'etcd' || store.certificate === undefined) return []
  const name = commonNameIn(store.certificate.path)
  if (name === undefined) return []
  return [{ path: ['store', 'certificate_file'], ...withoutCommonName(name) }]
}

function commonNameIn(path: string): string | undefined {
  try {
    return commonNameOf(new X509Certificate(readFileSync(path)))
  } catch {
    return undefined
  }
}

function etcdStore(store: StoreKeys, env: NodeJS.ProcessEnv): EtcdStoreConfiguration {
  const { role = 'renew', certificate_file: path, certificate_key_file: keyPath } = store
  const password = secretSource(
    store.password_file,
    store.password_command,
    store.password_credential,
  )
  const { token_key_file, token_key_command, token_key_credential = '' } = store
  return {
    kind: 'etcd',
    stateDirectory: stateDirectory(env),
    endpoints: store.endpoints ?? [],
    ...(store.ca_file === undefined ? {} : { caFile: store.ca_file }),
    ...(path === undefined || keyPath === undefined ? {} : { certificate: { path, keyPath } }),
    ...(store.user === undefined ? {} : { user: store.user }),
    ...(password === undefined ? {} : { password }),
    prefix: store.prefix ?? defaultPrefix,
    role,
    ...(role === 'serve' ? {} : { key: keySource(store, env) }),
    tokenKey: secretSource(token_key_file, token_key_command) ?? {
      from: 'credential',
      name: token_key_credential,
    },
  }
}

function secretSource(
  path: string | undefined,
  argv: string[] | undefined,
  name?: string,
): EngineSecretSource | undefined {
  if (path !== undefined) return { from: 'file', path }
  if (argv !== undefined) return { from: 'command', argv }
  return name === undefined ? undefined : { from: 'credential', name }
}

function keySource(store: StoreKeys, env: NodeJS.ProcessEnv): StoreKeySource {
  switch (store.key) {
    case undefined:
    case 'file':
      return { from: 'file', path: store.key_file ?? defaultKeyFile(env) }
    case 'credential':
      return { from: 'credential', name: store.key_credential ?? 'store-key' }
    case 'keyring':
      return { from: 'keyring' }
    case 'command':
      return { from: 'command', argv: store.key_command ?? [] }
  }
}
