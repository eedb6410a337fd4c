import {
  type EngineSecretSource,
  type EtcdStoreConfiguration,
  type StoreConfiguration,
  type StoreKeySource,
  storeRoles,
} from '../configuration/configuration.ts'
import {
  type Fields,
  fields,
  listOf,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from '../shapes/shape.ts'

const storeKeyShape: Shape<StoreKeySource> = variants<StoreKeySource, 'from'>('from', {
  file: { path: text },
  credential: { name: text },
  keyring: {},
  command: { argv: listOf(text) },
})

const engineSecretShape = variants<EngineSecretSource, 'from'>('from', {
  file: { path: text },
  command: { argv: listOf(text) },
  credential: { name: text },
})

const etcdFields: Fields<Omit<EtcdStoreConfiguration, 'kind'>> = {
  stateDirectory: text,
  endpoints: listOf(text),
  caFile: optional(text),
  certificate: optional(fields<{ path: string; keyPath: string }>({ path: text, keyPath: text })),
  user: optional(text),
  password: optional(engineSecretShape),
  prefix: text,
  role: oneOf(storeRoles),
  key: optional(storeKeyShape),
  tokenKey: engineSecretShape,
}

/** The form of a store that hosts share. */
export const etcdStoreShape: Shape<EtcdStoreConfiguration> = fields<EtcdStoreConfiguration>({
  kind: oneOf(['etcd']),
  ...etcdFields,
})

/** The form of the store: an engine is one more line here. */
export const storeShape: Shape<StoreConfiguration> = variants<StoreConfiguration, 'kind'>('kind', {
  files: { key: storeKeyShape, stateDirectory: text },
  etcd: etcdFields,
})
