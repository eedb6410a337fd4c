import type {
  AccountConfiguration,
  Configuration,
  EtcdStoreConfiguration,
} from '../../src/configuration/configuration.ts'

/** A configuration that no file was read for. */
export function testConfiguration(changes: Partial<Configuration> = {}): Configuration {
  return {
    file: '/nowhere/config.toml',
    accounts: [],
    sockets: [],
    tokenFiles: [],
    bridges: [],
    outboxes: [],
    refresh: { beforeExpiryMs: 900_000, answerWithinMs: 4_000 },
    store: {
      kind: 'files',
      stateDirectory: '/nowhere',
      key: { from: 'file', path: '/nowhere/key' },
    },
    control: { path: '/nowhere/control.sock' },
    signIn: { port: 0 },
    metrics: { labels: 'id' },
    log: { level: 'info', audit: 'counted' },
    ...changes,
  }
}

/** A store that hosts share, with nothing but what must be there. */
export function testEtcdStore(
  changes: Partial<EtcdStoreConfiguration> = {},
): EtcdStoreConfiguration {
  return {
    kind: 'etcd',
    stateDirectory: '/nowhere',
    endpoints: ['https://etcd1:2379', 'https://etcd2:2379'],
    prefix: '/cms-oauth/v1/',
    role: 'renew',
    key: { from: 'file', path: '/nowhere/key' },
    tokenKey: { from: 'file', path: '/nowhere/token-key' },
    ...changes,
  }
}

/** An account as a file has it, with nothing but what must be there. */
export function testAccountConfiguration(
  user: string,
  changes: Partial<AccountConfiguration> = {},
): AccountConfiguration {
  return {
    user,
    provider: 'office365',
    clientId: 'id',
    grant: 'authorization_code',
    saslUser: {},
    ...changes,
  }
}
