import type {
  EngineSecretSource,
  EtcdStoreConfiguration,
  SecretSource,
  StoreConfiguration,
  StoreKeySource,
} from './configuration.ts'

/** Every source of a secret or key that [store] names. */
export function secretsOfStore(store: StoreConfiguration): (SecretSource | StoreKeySource)[] {
  const key = store.key === undefined ? [] : [store.key]
  return store.kind === 'files' ? key : [...key, ...secretsOfEngine(store)]
}

/** Those that whoever only reads the shared tokens needs. */
export function secretsOfEngine({
  password,
  tokenKey,
}: EtcdStoreConfiguration): EngineSecretSource[] {
  return password === undefined ? [tokenKey] : [password, tokenKey]
}

/** Every file that [store] names. */
export function filesOfStore(store: StoreConfiguration): string[] {
  const secrets = secretsOfStore(store).flatMap((source) =>
    source.from === 'file' ? [source.path] : [],
  )
  return store.kind === 'files' ? secrets : [...secrets, ...certificatesOfEngine(store)]
}

/** The files with which a connection to the engine is made. */
export function certificatesOfEngine({ caFile, certificate }: EtcdStoreConfiguration): string[] {
  return [caFile, certificate?.path, certificate?.keyPath].filter((path) => path !== undefined)
}
