/** examples/fleet: the commands are run as they are there, and what comes of them is a fleet's engine. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { loadText } from '../configuration-file/load-text.ts'
import { findPlaces } from '../support/etcd/etcd-node.ts'
import { etcdProgram } from '../support/etcd/programs.ts'
import type { MemberPlace } from '../support/etcd/etcd-cluster.ts'
import { installedProgram } from '../support/installed-program.ts'
import { blocksOf, root } from './documents.ts'

const folder = join(root, 'examples', 'fleet')
const numbers = [1, 2, 3]
const prefix = '/cms-oauth/v1/'
const [certificates = '', ...others] = blocksOf('examples/fleet/README.md', 'sh')

let directory: string
let places: MemberPlace[]
const nodes: ChildProcess[] = []

/** The nodes of the test are on loopback, in place of hosts of their own. */
function here(text: string): string {
  return numbers.reduce((rest, number) => {
    const place = places[number - 1]
    return rest
      .replaceAll(`etcd${number}.example.com:2379`, `localhost:${place?.clientPort}`)
      .replaceAll(`etcd${number}.example.com:2380`, `localhost:${place?.peerPort}`)
  }, text)
}

function shell(commands: string): string {
  const PATH = `${join(etcdProgram('etcdctl'), '..')}:${process.env.PATH}`
  const options = { cwd: directory, env: { PATH }, encoding: 'utf8', stdio: 'pipe' } as const
  return execFileSync('sh', ['-euc', commands], options)
}

function startNode(number: number): ChildProcess {
  const place = places[number - 1]
  const fleet = join(directory, 'fleet')
  const text = here(
    readFileSync(join(folder, 'etcd.env'), 'utf8')
      .replace('ETCD_NAME=etcd1', `ETCD_NAME=etcd${number}`)
      .replaceAll(/^(ETCD_\w*ADVERTISE\w*=https:\/\/)etcd1/gm, `$1etcd${number}`)
      .replaceAll('/etc/etcd/etcd1.', `/etc/etcd/etcd${number}.`),
  )
    .replaceAll('/etc/etcd/', `${fleet}/`)
    .replaceAll('/var/lib/etcd', join(directory, `etcd${number}`))
    .replace('0.0.0.0:2379', `127.0.0.1:${place?.clientPort}`)
    .replace('0.0.0.0:2380', `127.0.0.1:${place?.peerPort}`)
  const lines = text.matchAll(/^(ETCD_\w+)=(.*)$/gm)
  const env = Object.fromEntries(Array.from(lines, ([, name = '', value = '']) => [name, value]))
  const setpriv = installedProgram('setpriv', 'util-linux')
  return spawn(setpriv, ['--pdeathsig', 'KILL', etcdProgram('etcd')], { env, stdio: 'ignore' })
}

function read(name: string): Buffer {
  return readFileSync(join(directory, 'fleet', name))
}

function createClient(user: string, password: string): EtcdClient {
  return new EtcdClient({
    endpoints: places.map(({ clientPort }) => `https://localhost:${clientPort}`),
    tls: { ca: read('ca.pem'), cert: read('client.pem'), key: read('client.key') },
    credentials: { user, password: () => Promise.resolve(password) },
    bootMs: () => 0,
  })
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fleet-example-'))
  cpSync(folder, directory, { recursive: true })
  places = await findPlaces(3)
  shell(certificates)
  nodes.push(...numbers.map(startNode))
})
after(async () => {
  await Promise.all(
    nodes.map(async (node) => {
      const exited = once(node, 'exit')
      node.kill('SIGKILL')
      await exited
    }),
  )
  rmSync(directory, { recursive: true })
})

test('the commands of the README set an engine up, and keep it', async () => {
  const [users = '', ...upkeep] = others
  const wait = 'until etcdctl endpoint health > health.log 2>&1; do sleep 0.2; done\n'
  const asEdited = here(users).replace('etcdctl endpoint health\n', wait)
  const commands = [asEdited, ...upkeep.slice(0, -1)].join('\n')
  const said = shell(commands)
  assert.match(said, /3\.\d+\.\d+/)

  const relay = createClient('relay1', 'RELAY1-PASSWORD')
  const shellHost = createClient('shell1', 'SHELL1-PASSWORD')
  const put = (key: string) => ({ put: `${prefix}${key}`, value: Buffer.from('sealed') })
  const success = ['meta', 'grant/a', 'token/a', 'lock/a'].map(put)
  assert.equal((await relay.transact({ compare: [], success })).succeeded, true)
  await assert.rejects(
    relay.transact({ compare: [], success: [{ put: '/other', value: Buffer.of() }] }),
    { trouble: 'permission' },
  )
  for (const key of ['meta', 'token/a']) {
    assert.equal((await shellHost.get(`${prefix}${key}`))?.value.toString(), 'sealed')
  }
  for (const key of ['grant/a', 'lock/a', 'intent/a', 'failure/a']) {
    await assert.rejects(shellHost.get(`${prefix}${key}`), { trouble: 'permission' })
  }
  await assert.rejects(shellHost.transact({ compare: [], success: [put('token/a')] }), {
    trouble: 'permission',
  })
  shell(`${variablesOf(here(users))}\nexport ETCDCTL_USER=root:ROOT-PASSWORD\n${upkeep.at(-1)}`)
  await assert.rejects(createClient('shell1', 'SHELL1-PASSWORD').get(`${prefix}meta`), {
    trouble: 'password',
  })
  relay.close()
  shellHost.close()
})

/** The lines that say where the engine is. */
function variablesOf(commands: string): string {
  return commands
    .split('\n')
    .filter((line) => line.startsWith('export '))
    .join('\n')
}

test('a session of one node is good at all of them, after a restart too', async () => {
  const client = createClient('relay1', 'RELAY1-PASSWORD')
  await client.get(`${prefix}meta`)
  for (const [index, node] of nodes.entries()) {
    const exited = once(node, 'exit')
    node.kill('SIGKILL')
    await exited
    nodes[index] = startNode(index + 1)
    for (;;) {
      const kv = await client.get(`${prefix}meta`).catch(() => undefined)
      if (kv !== undefined) break
      await setTimeout(50)
    }
  }
  client.close()
})

test('the configurations are ones of their roles, with the rights that users.sh grants', () => {
  const users = readFileSync(join(folder, 'users.sh'), 'utf8')
  for (const [name, role] of [
    ['renew.toml', 'renew'],
    ['serve.toml', 'serve'],
  ] as const) {
    const text = readFileSync(join(folder, name), 'utf8')
    const edited = text.replaceAll(/0{8}(-0{4}){3}-0{12}/g, '11111111-2222-3333-4444-555555555555')
    const { store } = loadText(edited)
    assert.ok(store.kind === 'etcd')
    assert.deepEqual([store.role, store.prefix], [role, prefix])
    assert.ok(users.includes(`grant-role ${store.user} cms-oauth-${role}`))
    const credentials = Array.from(text.matchAll(/^\w+_credential = "(.+)"/gm), ([, of]) => of)
    const dropIn = readFileSync(join(folder, name.replace('.toml', '.conf')), 'utf8')
    const loaded = Array.from(dropIn.matchAll(/^LoadCredentialEncrypted=(.+?):/gm), ([, of]) => of)
    assert.deepEqual(new Set(loaded), new Set(credentials))
  }
})

test('the README says of every file what it is', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const files = [
    'certificates.sh',
    'etcd.env',
    'users.sh',
    'defragment.sh',
    'kubernetes.yaml',
    'renew.toml',
    'renew.conf',
    'serve.toml',
    'serve.conf',
  ]
  const present = readdirSync(folder).filter((name) => name !== 'README.md')
  assert.deepEqual(new Set(files), new Set(present))
  for (const file of files) assert.ok(readme.includes(`\`${file}\``), file)
})

test('the scripts are ones that shellcheck takes', () => {
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.sh'))
  execFileSync(installedProgram('shellcheck', 'shellcheck'), scripts, { cwd: folder })
})
