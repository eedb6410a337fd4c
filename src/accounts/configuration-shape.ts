import {
  type AccountConfiguration,
  type Configuration,
  metricLabels,
  type MetricsConfiguration,
  rotations,
  type SocketConfiguration,
  socketReplies,
  type TokenFileConfiguration,
  tokenFileFormats,
} from '../configuration/configuration.ts'
import { auditRules, logLevels } from '../logging/log.ts'
import { cloudNames } from '../provider-facts/providers.ts'
import { fields, listOf, number, oneOf, optional, type Shape, text } from '../shapes/shape.ts'
import { accessShapes } from './access-shape.ts'
import { commonFields, protocolShape } from './account-shape.ts'
import { bridgeShape } from './bridge-shape.ts'
import { outboxShape } from './outbox-shape.ts'
import { storeShape } from './store-shape.ts'

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
  ...accessShapes,
  path: text,
  name: optional(text),
  accounts: optional(listOf(text)),
  protocols: listOf(protocolShape),
  resources: optional(listOf(text)),
  reply: oneOf(socketReplies),
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
