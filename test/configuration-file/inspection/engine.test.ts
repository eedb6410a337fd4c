/** What [store] kind = "etcd" names, in order and out of order. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { engineFindings } from '../../../src/configuration-file/inspection/engine.ts'
import type { EtcdStoreConfiguration } from '../../../src/configuration/configuration.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'
import { testConfiguration, testEtcdStore } from '../../support/configurations.ts'
import { assertFinding } from '../../support/golden.ts'

function prepare(t: TestContext): EtcdStoreConfiguration {
  const directory = temporaryDirectory(t)
  const write = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return { from: 'file', path } as const
  }
  return testEtcdStore({
    user: 'relay1',
    password: write('password', 'secret\n'),
    tokenKey: write('key', `${randomBytes(32).toString('hex')}\n`),
  })
}

const find = (store: EtcdStoreConfiguration, env: NodeJS.ProcessEnv = {}) =>
  engineFindings(testConfiguration({ store }), env)

test('nothing is found of files, nor where all is there', async (t) => {
  assert.deepEqual(await engineFindings(testConfiguration(), {}), [])
  assert.deepEqual(await find(prepare(t)), [])
})

const proxied = [
  ['a proxy', { HTTPS_PROXY: 'http://proxy:3128' }, true],
  [
    'a proxy that not all nodes are excepted from',
    { https_proxy: 'proxy', NO_PROXY: 'etcd1' },
    true,
  ],
  [
    'a proxy that all nodes are excepted from',
    { https_proxy: 'proxy', NO_PROXY: 'etcd1,etcd2' },
    false,
  ],
  ['no proxy', { NO_PROXY: 'etcd1' }, false],
  ['a proxy that cannot be read', { HTTPS_PROXY: 'socks5://proxy' }, false],
] as const
for (const [name, env, isTold] of proxied) {
  test(`${name} is ${isTold ? '' : 'not '}said to be left out`, async (t) => {
    const endpoints = ['https://etcd1:2379', 'https://etcd2:2379']
    const findings = await find({ ...prepare(t), endpoints }, env)
    assert.equal(findings.length, isTold ? 1 : 0)
    const [variable = ''] = Object.keys(env)
    if (isTold) assertFinding(findings[0], 'ok', 'a proxy', { variable })
  })
}

const nowhere = { from: 'file', path: '/nowhere/x' } as const
const named = { from: 'credential', name: 'token-key' } as const
const faults: [
  name: string,
  changes: Partial<EtcdStoreConfiguration>,
  level: string,
  names: string,
][] = [
  ['a single endpoint', { endpoints: ['https://etcd1:2379'] }, 'warning', 'https://etcd1:2379'],
  [
    'an endpoint twice',
    { endpoints: ['https://etcd1:2379', 'https://ETCD1:2379'] },
    'warning',
    'https://etcd1:2379',
  ],
  [
    'a state directory that cannot be written',
    { stateDirectory: '/dev/null/x' },
    'warning',
    '/dev/null/x',
  ],
  [
    'a state directory without room',
    // A file system that has none.
    { stateDirectory: '/sys/kernel' },
    'warning',
    '/sys/kernel',
  ],
  ['no password', { password: nowhere }, 'failure', '/nowhere/x'],
  ['no key of shared tokens', { tokenKey: nowhere }, 'failure', '/nowhere/x'],
  ['no list of authorities', { caFile: '/nowhere/x' }, 'failure', '/nowhere/x'],
  [
    'no certificate',
    { certificate: { path: '/nowhere/x', keyPath: '/nowhere/y' } },
    'failure',
    '/nowhere/x',
  ],
  ['a credential outside systemd', { tokenKey: named }, 'warning', 'token-key'],
]
describe('one finding', () => {
  for (const [name, changes, level, what] of faults) {
    test(name, async (t) => {
      const [finding, ...others] = await find({ ...prepare(t), ...changes })
      assertFinding(finding, level, name, { what })
      assert.deepEqual(others, [])
    })
  }
})

test('no program is run', async (t) => {
  const argv = ['/nowhere/program']
  assert.deepEqual(await find({ ...prepare(t), tokenKey: { from: 'command', argv } }), [])
})
