import type { Configuration } from '../../src/configuration/configuration.ts'

/** A configuration that no file was read for. */
export function testConfiguration(changes: Partial<Configuration> = {}): Configuration {
  return {
    file: '/nowhere/config.toml',
    accounts: [],
    sockets: [],
    tokenFiles: [],
    bridges: [],
    refresh: { beforeExpiryMs: 900_000, answerWithinMs: 4_000 },
    store: {
      kind: 'files',
      stateDirectory: '/nowhere',
      key: { from: 'file', path: '/nowhere/key' },
    },
    control: { path: '/nowhere/control.sock' },
    signIn: { port: 0 },
    log: { level: 'info' },
    ...changes,
  }
}
