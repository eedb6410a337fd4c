import type { AllowRule } from '../configuration/allow-rule.ts'
import {
  type AccountConfiguration,
  type Configuration,
  metricLabels,
  type MetricsConfiguration,
  rotations,
  type SocketConfiguration,
  socketReplies,
  type EngineSecretSource,
  type EtcdStoreConfiguration,
  type StoreConfiguration,
  type StoreKeySource,
  storeRoles,
  type TokenFileConfiguration,
  tokenFileFormats,
} from '../configuration/configuration.ts'
import { auditRules, logLevels } from '../logging/log.ts'
import { cloudNames } from '../provider-facts/providers.ts'
import {
  type Fields,
  fields,
  listOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from '../shapes/shape.ts'
import { commonFields, protocolShape } from './account-shape.ts'
import { bridgeShape } from './bridge-shape.ts'
import { outboxShape } from './outbox-shape.ts'

const accountShape = fields<AccountConfiguration>({
  ...commonFields,
  tenant: optional(text),
  cloud: optional(oneOf(cloudNames)),
  loginHint: optional(text),
  scopes: optional(listOf(text)),
  authorizationEndpoint: optional(text),
  tokenEndpoint: optional(text),
  deviceAuthorizationEndpoint: optional(text),
  revocationEndpoint: optional(text),
  redirectUri: optional(text),
  rotation: optional(oneOf(rotations)),
})

/** The form of its accounts, or of some of them. */
export const accountConfigurationsShape = listOf(accountShape)

const socketShape = fields<SocketConfiguration>({
  path: text,
  name: optional(text),
  accounts: optional(listOf(text)),
  protocols: listOf(protocolShape),
  resources: optional(listOf(text)),
  mode: number,
  owner: optional(text),
  group: optional(text),
  reply: oneOf(socketReplies),
  allow: optional(fields<AllowRule>({ users: listOf(text), groups: listOf(text) })),
})

const tokenFileShape = fields<TokenFileConfiguration>({
  path: text,
  account: text,
  protocol: protocolShape,
  format: oneOf(tokenFileFormats),
  mode: number,
  owner: optional(text),
  group: optional(text),
})

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

/** The form of a configuration as its reader hands it over. */
export const configurationShape: Shape<Configuration> = fields<Configuration>({
  file: text,
  accounts: accountConfigurationsShape,
  sockets: listOf(socketShape),
  tokenFiles: listOf(tokenFileShape),
  bridges: listOf(bridgeShape),
  outboxes: listOf(outboxShape),
  refresh: fields<Configuration['refresh']>({ beforeExpiryMs: number, answerWithinMs: number }),
  store: storeShape,
  control: fields<Configuration['control']>({ path: text }),
  signIn: fields<Configuration['signIn']>({ port: number }),
  notify: optional(fields<{ command: string[] }>({ command: listOf(text) })),
  metrics: fields<MetricsConfiguration>({
    labels: oneOf(metricLabels),
    textfile: optional(text),
  }),
  log: fields<Configuration['log']>({
    level: oneOf(logLevels),
    audit: oneOf(auditRules),
  }),
})
