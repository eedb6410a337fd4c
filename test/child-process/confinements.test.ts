/** What a renewer may open, for each source of a secret and of the store's key. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  followerConfinement,
  renewerConfinement,
  spoolConfinement,
} from '../../src/child-process/confinements.ts'
import type {
  AccountConfiguration,
  EngineSecretSource,
  StoreKeySource,
} from '../../src/configuration/configuration.ts'
import {
  testAccountConfiguration,
  testConfiguration,
  testEtcdStore,
} from '../support/configurations.ts'

const [stateDirectory, runtimeDirectory] = ['/state', '/run/own']
const command: EngineSecretSource & { argv: string[] } = {
  from: 'command',
  argv: ['pass', 'secret'],
}
const written = [stateDirectory, runtimeDirectory]
const key = { from: 'file', path: '/config/store.key' } as const

function confinementOf(
  from: StoreKeySource,
  changes: Partial<AccountConfiguration> = {},
  env: NodeJS.ProcessEnv = {},
) {
  const configuration = testConfiguration({
    store: { kind: 'files', stateDirectory, key: from },
    accounts: [testAccountConfiguration('user@example.com', changes)],
  })
  return renewerConfinement(configuration, { runtimeDirectory, env })
}

const sources: [string, Partial<AccountConfiguration>, string[]][] = [
  ['no secret', {}, []],
  ['one that is inline', { clientSecret: { from: 'inline', value: 's' } }, []],
  ['a client secret', { clientSecret: { from: 'file', path: '/a/secret' } }, ['/a/secret']],
  ['a service account', { serviceAccountKey: { from: 'file', path: '/b/key' } }, ['/b/key']],
  ['an assertion', { clientAssertionFile: '/c/token' }, ['/c/token']],
  [
    'a certificate and its key',
    { clientCertificate: { path: '/d/cert', key: { from: 'file', path: '/e/key' } } },
    ['/e/key', '/d/cert'],
  ],
]
for (const [name, changes, files] of sources) {
  test(`it reads the key, and each secret: ${name}`, () => {
    assert.deepEqual(confinementOf(key, changes), {
      reads: [key.path, ...files],
      makes: [key.path],
      writes: written,
      runsPrograms: false,
    })
  })
}

const commands: [string, Partial<AccountConfiguration>][] = [
  ['client_secret_command', { clientSecret: command }],
  ['service_account_command', { serviceAccountKey: command }],
  ['client_key_command', { clientCertificate: { path: '/d/cert', key: command } }],
]
for (const [name, changes] of commands) {
  test(`nothing is closed to a command: ${name}`, () => {
    assert.equal(confinementOf(key, changes), undefined)
  })
}

test('nothing is closed to the command that prints the key', () => {
  assert.equal(confinementOf(command), undefined)
})

test('credentials are read, and for the keyring a program is run', () => {
  const env = { CREDENTIALS_DIRECTORY: '/run/credentials/unit' }
  const fromSystemd = { clientSecret: { from: 'credential', name: 'google' } } as const
  assert.deepEqual(confinementOf({ from: 'keyring' }, fromSystemd, env), {
    reads: ['/run/credentials/unit/google'],
    makes: [],
    writes: written,
    runsPrograms: true,
  })
})

test('outbox and sender open the spools, and not the store above them', () => {
  assert.deepEqual(spoolConfinement(stateDirectory).writes, ['/state/outbox'])
})

const shared = testEtcdStore({
  stateDirectory,
  key,
  caFile: '/a/ca.pem',
  certificate: { path: '/b/c.pem', keyPath: '/b/c.key' },
  password: { from: 'file', path: '/c/password' },
  tokenKey: { from: 'credential', name: 'tokens' },
})
const env = { CREDENTIALS_DIRECTORY: '/credentials' }
const ofEngine = ['/c/password', '/a/ca.pem', '/b/c.pem', '/b/c.key', '/credentials/tokens']

test('a renewer of a store that hosts share reads what leads there too', () => {
  const { reads, makes, writes } =
    renewerConfinement(testConfiguration({ store: shared }), { runtimeDirectory, env }) ?? {}
  assert.deepEqual(new Set(reads), new Set([key.path, ...ofEngine]))
  assert.deepEqual([makes, writes], [[key.path], written])
})

test('a follower reads what leads there, not the key of sign-ins, and writes nothing', () => {
  const { reads, ...rest } = followerConfinement(shared, env) ?? {}
  assert.deepEqual(new Set(reads), new Set(ofEngine))
  assert.deepEqual(rest, { makes: [], writes: [], runsPrograms: false })
})

test('where a program tells the password or the key, neither is confined', () => {
  for (const changes of [{ password: command }, { tokenKey: command }]) {
    const store = { ...shared, ...changes }
    const configuration = testConfiguration({ store })
    assert.equal(renewerConfinement(configuration, { runtimeDirectory, env }), undefined)
    assert.equal(followerConfinement(store, env), undefined)
  }
})
