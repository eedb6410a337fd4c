import type { Resource } from './resources.ts'
import type { AuditRule, LogLevel } from '../logging/log.ts'
import type { CloudName, PresetName } from '../provider-facts/providers.ts'
import { type OutputFormat, outputFormats, type Protocol } from '../sasl/output-format.ts'
import type { AllowRule } from './allow-rule.ts'
import type { LocalListener } from './local-listener.ts'
import type { OutboxConfiguration } from './outbox-configuration.ts'

/** Who issues tokens. */
export const providerNames = ['office365', 'gmail', 'oidc'] as const
export type ProviderName = (typeof providerNames)[number]

/** What a token socket answers with: a credential in a format, or as a map of Postfix. */
export const socketReplies = [...outputFormats, 'socketmap'] as const
type SocketReply = (typeof socketReplies)[number]

/** How access tokens are obtained. */
export const grants = [
  'authorization_code',
  'device_code',
  'client_credentials',
  'service_account',
] as const
export type Grant = (typeof grants)[number]

/** How a client sends its secret (RFC 6749 section 2.3.1): in a header, or in the form. */
export const clientAuthentications = ['basic', 'post'] as const
export type ClientAuthentication = (typeof clientAuthentications)[number]

/** Whether sending an old refresh token again makes the provider revoke the sign-in. */
export const rotations = ['strict', 'lenient'] as const
export type Rotation = (typeof rotations)[number]

/** What accounts are called in metrics: by a short id, or by the address. */
export const metricLabels = ['id', 'address'] as const
export type MetricLabels = (typeof metricLabels)[number]

/** Where a secret comes from; the renewer reads it each time it is needed. */
export type SecretSource =
  | { from: 'inline'; value: string }
  | { from: 'file'; path: string }
  | { from: 'command'; argv: string[] }
  /** Of systemd, in $CREDENTIALS_DIRECTORY. */
  | { from: 'credential'; name: string }

/** A certificate known to the registration, and its key, with which the client signs (RFC 7523). */
export interface ClientCertificate {
  path: string
  key: SecretSource
}

/** One `[[account]]` as it was written, checked and with `~` expanded, nothing derived. */
export interface AccountConfiguration {
  user: string
  provider: ProviderName
  /** Empty with the grant service_account, whose key names its client. */
  clientId: string
  clientSecret?: SecretSource
  /** oidc; absent: what the server lists. */
  clientAuthentication?: ClientAuthentication
  /** Epoch ms. */
  clientSecretExpiresAt?: number
  clientCertificate?: ClientCertificate
  /** A file in which the platform keeps a current signed assertion (workload identity). */
  clientAssertionFile?: string
  serviceAccountKey?: SecretSource
  tenant?: string
  cloud?: CloudName
  grant: Grant
  loginHint?: string
  /** The account whose sign-in is used. */
  signInWith?: string
  saslUser: Partial<Record<Protocol, string>>
  /** Its tokens are for this, and no mail server. */
  resource?: Resource
  scopes?: string[]
  authority?: string
  preset?: PresetName
  authorizationEndpoint?: string
  tokenEndpoint?: string
  deviceAuthorizationEndpoint?: string
  revocationEndpoint?: string
  redirectUri?: string
  rotation?: Rotation
}

/** One `[[socket]]` with its defaults filled in. */
export interface SocketConfiguration {
  path: string
  /** The name systemd knows it by (LISTEN_FDNAMES). */
  name?: string
  /** Addresses it serves; undefined: every account. */
  accounts?: string[]
  protocols: Protocol[]
  /** Names of resources that it serves. */
  resources?: string[]
  mode: number
  owner?: string
  group?: string
  reply: SocketReply
  /** Undefined: whoever the mode lets in. */
  allow?: AllowRule
}

/** What a token file may hold: what the plugin sasl-xoauth2 reads, or any output format. */
export const tokenFileFormats = ['sasl-xoauth2', ...outputFormats] as const
export type TokenFileFormat = 'sasl-xoauth2' | OutputFormat

/** One `[[token_file]]` with its defaults filled in. */
export interface TokenFileConfiguration {
  path: string
  /** The address whose token it holds. */
  account: string
  protocol: Protocol
  format: TokenFileFormat
  mode: number
  owner?: string
  group?: string
}

/** One `[[bridge]]` with its defaults filled in, or what an `[[outbox]]` listens by. */
export interface BridgeConfiguration extends LocalListener {
  protocol: Protocol
  /** The name systemd knows its sockets by (LISTEN_FDNAMES). */
  name?: string
  accounts: BridgeAccount[]
  /** The address for callers that name none; absent: they are refused. */
  account?: string
  accountBySender: boolean
  /** Of peers; absent: the daemon's own user. */
  allow?: AllowRule
  waitMs: number
  /** Of UNIX sockets. */
  mode: number
  owner?: string
  group?: string
  /** Where mail goes in place of a mail server. */
  outbox?: BridgedOutbox
}

/** The outbox behind a listener. */
export interface BridgedOutbox {
  name: string
  /** Of its socket. */
  path: string
  /** What it answers to EHLO. */
  extensions: string[]
}

/** An account as a bridge serves it. */
export interface BridgeAccount {
  user: string
  /** As `--test-smtp` takes it. */
  server: string
  /** How many connections to it there may be at a time. */
  connections: number
}

/** Where the store's key comes from. */
export type StoreKeySource =
  | { from: 'file'; path: string }
  | { from: 'credential'; name: string }
  /** Of the desktop session. */
  | { from: 'keyring' }
  | { from: 'command'; argv: string[] }

/** Sealed records in files of this host. */
export interface FileStoreConfiguration {
  kind: 'files'
  key: StoreKeySource
  stateDirectory: string
}

/** What a host does with a store that hosts share: get tokens as well, or only read them. */
export const storeRoles = ['renew', 'serve'] as const
export type StoreRole = (typeof storeRoles)[number]

/** Sealed records in etcd, which hosts share. */
export interface EtcdStoreConfiguration {
  kind: 'etcd'
  /** Of this host: what the engine did not take yet, and locks. */
  stateDirectory: string
  /** Each `https://HOST:PORT`. */
  endpoints: string[]
  /** Of the engine's certificates; absent: those that Node knows. */
  caFile?: string
  certificate?: { path: string; keyPath: string }
  user?: string
  password?: EngineSecretSource
  /** Before every key; ends with a slash. */
  prefix: string
  role: StoreRole
  /** Of grants: absent exactly where the role is `serve`. */
  key?: StoreKeySource
  /** Of the access tokens that hosts share. */
  tokenKey: EngineSecretSource
}

/** Where a secret of the engine comes from: never from the configuration itself. */
export type EngineSecretSource = Exclude<SecretSource, { from: 'inline' }>

/** What keeps the sealed records: told apart by `kind`, so that another engine is one more member. */
export type StoreConfiguration = FileStoreConfiguration | EtcdStoreConfiguration

/** The engines by name, as the key `kind` of `[store]` says. */
export const storeKinds = ['files', 'etcd'] as const satisfies readonly StoreConfiguration['kind'][]

/** How the figures of the daemon are shown. */
export interface MetricsConfiguration {
  labels: MetricLabels
  /** For node_exporter; absent: there is none. */
  textfile?: string
}

/** A checked configuration with every default filled in. */
export interface Configuration {
  /** The file it was read from. */
  file: string
  accounts: AccountConfiguration[]
  /** Never empty: this is the default socket when none is configured. */
  sockets: SocketConfiguration[]
  tokenFiles: TokenFileConfiguration[]
  bridges: BridgeConfiguration[]
  outboxes: OutboxConfiguration[]
  refresh: { beforeExpiryMs: number; answerWithinMs: number }
  store: StoreConfiguration
  control: { path: string }
  /** Port 0: any free port. */
  signIn: { port: number }
  /** Undefined: nobody is notified. */
  notify?: { command: string[] }
  metrics: MetricsConfiguration
  log: { level: LogLevel; audit: AuditRule }
}
