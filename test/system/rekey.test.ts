/** The store gets another key by `cms-oauthd --rekey`, in files and in an etcd; sign-ins go on. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { addressHashOf } from '../../src/sealing/address-hash.ts'
import { type Home, runClient, runProgram, startDaemon } from '../support/daemon.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { prefix } from '../support/etcd/users.ts'
import { askForToken, createFleetKeys, firstTokenWith, hostToml } from '../support/fleet/hosts.ts'
import { assertResult } from '../support/golden.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
let world: World
let etcd: EtcdNode
let home: Home
let accounts: string
const files: Record<'old' | 'renewed' | 'shared' | 'resealed', string> = {
  old: '',
  renewed: '',
  shared: '',
  resealed: '',
}

before(async () => {
  world = await createWorld({ accessTokenLifetime: 3_600 })
  etcd = await startEtcdNode()
  ;({ home } = world)
  accounts = accountToml(world, 'oidc')
  const options = { cluster: etcd, keys: createFleetKeys(), accounts }
  const shared = hostToml(home, options)
  const newGrants = secret('new-shared.key', randomBytes(32).toString('hex'))
  const newTokens = secret('new-token.key', randomBytes(32).toString('hex'))
  const resealed = shared
    .replace(/^key_file = .*$/m, `key_file = "${newGrants}"`)
    .replace(/^token_key_file = .*$/m, `token_key_file = "${newTokens}"`)
  files.old = secret('old.toml', accounts)
  const newKey = join(home.directory, 'new.key')
  files.renewed = secret('renewed.toml', `${accounts}\n[store]\nkey_file = "${newKey}"\n`)
  files.shared = secret('shared.toml', shared)
  files.resealed = secret('resealed.toml', resealed)
})
after(async () => {
  await etcd.close()
  await world.close()
})

function secret(name: string, text: string): string {
  const path = join(home.directory, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const run = (option: string, from: string, to: string) =>
  runProgram(program, [option, from, to], home.env)

const tokenWith = (file: string) => firstTokenWith(home, file, world.user)

test('no daemon may run', async () => {
  const daemon = await startSignedIn(world, accounts)
  const { old, renewed } = files
  const names = { state: home.stateDirectory }
  assertResult(await run('--rekey', old, renewed), 75, 'a daemon runs', names)
  await daemon.stop()
})

test('files get another key, which is made, and the sign-in goes on', async () => {
  const { old, renewed } = files
  assertResult(await run('--rekey', old, renewed), 0, 'files', { renewed })
  assertResult(await run('--rekey', old, renewed), 0, 'nothing to do', { renewed })
  assert.notEqual(await tokenWith(renewed), '')
})

test('two stores, and the same key twice, are refused', async () => {
  const { renewed, shared } = files
  const names = { renewed, shared }
  assertResult(await run('--rekey', renewed, shared), 78, 'two stores', names)
  assertResult(await run('--rekey', renewed, renewed), 78, 'the same key twice')
})

test('an etcd gets other keys, and hosts with them go on', async () => {
  const { renewed, shared, resealed } = files
  assert.equal((await run('--store-copy', renewed, shared)).status, 0)
  assert.notEqual(await tokenWith(shared), '')
  assertResult(await run('--rekey', shared, resealed), 0, 'an etcd', { resealed })
  const place = `${prefix}" at "${etcd.endpoints[0]}`
  const refused = await runProgram(program, ['--store-copy', shared, renewed], home.env)
  assertResult(refused, 78, 'the old keys', { place })
  assert.notEqual(await tokenWith(resealed), '')
})

test('a store of a newer cms-oauth serves its tokens, and is not written', async () => {
  const { resealed, shared } = files
  const name = `${prefix}meta`
  const meta = await etcd.ctl('get', name, '--print-value-only')
  await etcd.ctl('put', name, meta.trim().replace('"format":1', '"format":2'))
  const daemon = await startDaemon(home, { CMS_OAUTH_CONFIG: resealed })
  while ((await askForToken(home, world.user)) === '') await setTimeout(20)
  const place = `${prefix}" at "${etcd.endpoints[0]}`
  const refreshed = await runClient(home, ['refresh', world.user])
  assertResult(refreshed, 78, 'a newer format, refreshed', { place })
  await daemon.stop()
  assertResult(await run('--rekey', shared, resealed), 78, 'a newer format', { place })
})

test('a record that neither key opens is named', async () => {
  const { old, renewed } = files
  const record = join(home.stateDirectory, `${addressHashOf(world.user)}.grant`)
  copyFileSync(record, `${record}.kept`)
  truncateSync(record, 60)
  assertResult(await run('--rekey', old, renewed), 78, 'a damaged record', { record })
})
