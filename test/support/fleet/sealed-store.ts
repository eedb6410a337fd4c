import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { EtcdClient } from '../../../src/etcd/etcd-client.ts'
import { fleetKeyOf, folderOf, metaKeyOf } from '../../../src/fleet/fleet-keys.ts'
import {
  encodeFleetRecord,
  numberBytes,
  parseGrantRecord,
  parseTokenRecord,
} from '../../../src/fleet/fleet-records.ts'
import { hasKeys, metaOf } from '../../../src/fleet/meta.ts'
import { openToken, sealToken } from '../../../src/fleet/token-record.ts'
import { encodeRecord } from '../../../src/renewer/store/record.ts'
import { addressOf, openEnvelope, sealEnvelope } from '../../../src/sealing/envelope.ts'
import { loadMasterKey, loadTokenKey, type MasterKey } from '../../../src/sealing/master-key.ts'
import { testGrant } from '../../renewer/store/test-grant.ts'
import { fleetUsers } from '../account-fleet.ts'
import type { Home } from '../daemon.ts'
import { createClient } from '../etcd/clients.ts'
import { startEtcdNode } from '../etcd/etcd-node.ts'
import { prefix } from '../etcd/users.ts'
import { accountOf } from './fleet.ts'
import { createFleetKeys, createHost } from './hosts.ts'

/** A configuration of the store, and the keys that it names. */
export interface KeyedConfiguration {
  file: string
  grants: MasterKey
  tokens: MasterKey
}

/** A store in a real etcd, and two configurations of it that differ in their keys. */
export interface SealedStore {
  home: Home
  client: EtcdClient
  /** All records are sealed with these keys at first. */
  one: KeyedConfiguration
  other: KeyedConfiguration
}

/** How many records open with some keys, and whether "meta" says that they are the store's. */
export interface Readable {
  grants: number
  tokens: number
  isNamed: boolean
}

const hour = 3_600_000

/** One of so many sign-ins, each with a token of 1.5 KB. */
export async function startSealedStore(t: TestContext, count: number): Promise<SealedStore> {
  const node = await startEtcdNode()
  t.after(() => node.close())
  const { ca } = node.certificates
  const accounts = accountOf('user@example.com', 'https://login.example.com')
  const keys = createFleetKeys()
  const home = await createHost({ cluster: node, keys, caFile: ca, accounts })
  t.after(() => home.remove())
  const client = createClient(node)
  t.after(() => client.close())
  const one = await configure(home, 'one')
  const other = await configure(home, 'other')
  const ids = { grantKeyId: one.grants.id, tokenKeyId: one.tokens.id }
  const meta = { put: metaKeyOf(prefix), value: encodeFleetRecord(metaOf(ids)) }
  await client.transact({ compare: [], success: [meta] })
  const users = fleetUsers(count)
  for (let start = 0; start < count; start += 50) {
    const success = users.slice(start, start + 50).flatMap((user) => recordsOf(user, one))
    await client.transact({ compare: [], success })
  }
  return { home, client, one, other }
}

/** What there is of the store that opens with these keys. */
export async function readableWith(
  { client }: SealedStore,
  { grants, tokens }: KeyedConfiguration,
): Promise<Readable> {
  const readable = { grants: 0, tokens: 0 }
  await client.list(folderOf(prefix, 'grant'), (kvs) => {
    for (const { value } of kvs) {
      const { n = 0, sealed = Buffer.of() } = parseGrantRecord(value) ?? {}
      const user = addressOf(sealed) ?? ''
      const opened = openEnvelope({ user, associated: numberBytes(n) }, sealed, grants)
      if ('plaintext' in opened) readable.grants += 1
    }
  })
  await client.list(folderOf(prefix, 'token'), (kvs) => {
    for (const { value } of kvs) {
      const { n = 0, sealed = Buffer.of() } = parseTokenRecord(value) ?? {}
      if ('token' in openToken(addressOf(sealed) ?? '', { n, sealed }, tokens)) readable.tokens += 1
    }
  })
  const meta = await client.get(metaKeyOf(prefix))
  const ids = { grantKeyId: grants.id, tokenKeyId: tokens.id }
  return { ...readable, isNamed: hasKeys(meta?.value ?? Buffer.of(), ids) }
}

/** Writes a configuration that is as the home's but for its keys, which are made. */
async function configure(home: Home, name: string): Promise<KeyedConfiguration> {
  const { directory, stateDirectory } = home
  const write = (file: string, text: string) => {
    const path = join(directory, file)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const newKey = (kind: string) => write(`${name}.${kind}`, randomBytes(32).toString('hex'))
  const [grants, tokens] = [newKey('grants'), newKey('tokens')]
  const toml = (await readFile(home.configFile, 'utf8'))
    .replace(/^key_file = .*$/m, `key_file = "${grants}"`)
    .replace(/^token_key_file = .*$/m, `token_key_file = "${tokens}"`)
  const from = 'file'
  return {
    file: write(`${name}.toml`, toml),
    grants: await loadMasterKey({ from, path: grants }, { stateDirectory, isStoreEmpty: false }),
    tokens: await loadTokenKey({ from, path: tokens }),
  }
}

function recordsOf(
  user: string,
  { grants, tokens }: KeyedConfiguration,
): { put: string; value: Buffer }[] {
  const at = Date.now()
  const head = { n: 1, by: 'another host', at }
  const token = {
    accessToken: `access token of ${user} `.padEnd(1_500, 'x'),
    fingerprint: '',
    expiresAt: at + hour,
    lifetimeMs: hour,
    scopes: ['mail'],
    isDurable: true,
    number: 1,
    signedInAt: at,
  }
  const record = encodeRecord(testGrant({ user }))
  const grant = sealEnvelope({ user, associated: numberBytes(1) }, record, grants)
  return [
    {
      put: fleetKeyOf(prefix, 'grant', user),
      value: encodeFleetRecord({ ...head, job: 'j' }, grant),
    },
    {
      put: fleetKeyOf(prefix, 'token', user),
      value: encodeFleetRecord(head, sealToken(user, token, tokens)),
    },
  ]
}
