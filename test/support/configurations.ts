import type { AccountConfiguration, Configuration } from '../../src/configuration/configuration.ts'

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
