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

const nowhere = { from: 'file', path: '/nowhere/x' } as const
const named = { from: 'credential', name: 'token-key' } as const
const faults: [
  name: string,
  changes: Partial<EtcdStoreConfiguration>,
  level: string,
  names: string,
][] = [
  ['a single endpoint', { endpoints: ['https://etcd1:2379'] }, 'warning', 'https://etcd1:2379'],
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
