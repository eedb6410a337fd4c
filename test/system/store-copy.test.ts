/** Sign-ins go from the files of a host to an etcd, and back, by `cms-oauthd --store-copy`. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Home, runProgram } from '../support/daemon.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { createFleetKeys, firstTokenWith, hostToml } from '../support/fleet/hosts.ts'
import { assertResult } from '../support/golden.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
let world: World
let etcd: EtcdNode
let home: Home
let files: string
let shared: string
let serving: string

before(async () => {
  world = await createWorld({ accessTokenLifetime: 3_600 })
  etcd = await startEtcdNode()
  ;({ home } = world)
  const accounts = accountToml(world, 'oidc')
  const options = { cluster: etcd, keys: createFleetKeys(), accounts }
  const write = (name: string, toml: string) => {
    const path = join(home.directory, name)
    writeFileSync(path, toml, { mode: 0o600 })
    return path
  }
  files = write('files.toml', accounts)
  shared = write('shared.toml', hostToml(home, options))
  serving = write('serving.toml', hostToml(home, { ...options, role: 'serve' }))
})
after(async () => {
  await etcd.close()
  await world.close()
})

const copy = (from: string, to: string) => runProgram(program, ['--store-copy', from, to], home.env)

const tokenWith = (file: string) => firstTokenWith(home, file, world.user)

test('no daemon may run', async () => {
  const daemon = await startSignedIn(world, accountToml(world, 'oidc'))
  assertResult(await copy(files, shared), 75, 'a daemon runs', { state: home.stateDirectory })
  await daemon.stop()
})

test('from files to an etcd, once', async () => {
  assertResult(await copy(files, shared), 0, 'copied')
  assertResult(await copy(files, shared), 0, 'nothing to copy', { shared })
  assert.notEqual(await tokenWith(shared), '')
})

test('and back, what is newer there', async () => {
  assertResult(await copy(shared, files), 0, 'copied back')
  assert.notEqual(await tokenWith(files), '')
})

test('a host that only serves has nothing to copy', async () => {
  assertResult(await copy(files, serving), 78, 'a host that serves', { serving })
})

test('an etcd that is away is named', async () => {
  await etcd.kill()
  assertResult(await copy(files, shared), 75, 'an etcd that is away', { files, shared })
})
