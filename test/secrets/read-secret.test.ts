/** One reader: every source of a secret under the same limit, the same trimming and the same errors. */
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { SecretSource } from '../../src/configuration/configuration.ts'
import { StoreUnreadableError } from '../../src/errors.ts'
import { readSecret, readSecretLine, readSecretText } from '../../src/secrets/read-secret.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { assertError, expectedError } from '../support/golden.ts'

const mostBytes = 64 * 1024
const wanted = { what: 'thing', key: 'thing' }

/** The text by each kind of source but the inline one, which nobody reads from anywhere. */
function sourcesOf(t: TestContext, text: string | Buffer) {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'it')
  writeFileSync(path, text, { mode: 0o600 })
  const env = { CREDENTIALS_DIRECTORY: directory }
  const sources: SecretSource[] = [
    { from: 'file', path },
    { from: 'credential', name: 'it' },
    { from: 'command', argv: ['cat', path] },
  ]
  return { sources, path, env }
}

test('every source gives the same bytes, the same text and the same line', async (t) => {
  const text = ' one  \r\ntwo\n'
  const { sources, env } = sourcesOf(t, text)
  for (const source of sources) {
    assert.deepEqual(await readSecret(source, { ...wanted, env }), Buffer.from(text))
    assert.equal(await readSecretText(source, { ...wanted, env }), text)
    assert.equal(await readSecretLine(source, { ...wanted, env }), 'one')
  }
  assert.equal(await readSecretLine({ from: 'inline', value: ' in line ' }, wanted), ' in line ')
})

test('no source gives more than the limit, and each gives that much', async (t) => {
  const { sources, env, path } = sourcesOf(t, 'x'.repeat(mostBytes))
  for (const source of sources) {
    assert.equal((await readSecret(source, { ...wanted, env })).length, mostBytes)
  }
  writeFileSync(path, 'x'.repeat(mostBytes + 1))
  for (const source of sources) {
    await assert.rejects(readSecret(source, { ...wanted, env }), {
      code: 'config_invalid',
      message: /^the thing .* 64 KiB$/,
    })
  }
})

test('what is empty is said with where it came from', async (t) => {
  const { sources, env, path } = sourcesOf(t, ' \nsecond\n')
  for (const source of sources) {
    await assert.rejects(readSecretLine(source, { ...wanted, env }), (error) => {
      const names = source.from === 'file' ? { path } : {}
      assertError(error, 'config_invalid', `empty: ${source.from}`, names)
      return true
    })
  }
})

test('the error is of the kind that is asked for, whatever the source', async (t) => {
  const { sources, env, path } = sourcesOf(t, '')
  const asked = { ...wanted, unreadable: StoreUnreadableError, env }
  chmodSync(path, 0o600)
  const missing: SecretSource[] = [
    { from: 'file', path: `${path}.missing` },
    { from: 'credential', name: 'missing' },
    { from: 'command', argv: ['/nowhere/pass'] },
  ]
  for (const source of missing) {
    await assert.rejects(readSecret(source, asked), { code: 'store_unreadable' })
  }
  for (const source of sources) {
    await assert.rejects(readSecretLine(source, asked), { code: 'store_unreadable' })
  }
  for (const none of [{}, { CREDENTIALS_DIRECTORY: '' }]) {
    await assert.rejects(
      readSecret({ from: 'credential', name: 'it' }, { ...asked, env: none }),
      expectedError('store_unreadable', 'no credentials', { what: 'the thing' }),
    )
  }
})

test('a file and a credential that others may read are refused alike', async (t) => {
  const { sources, env, path } = sourcesOf(t, 'canary')
  chmodSync(path, 0o604)
  for (const source of sources.filter(({ from }) => from !== 'command')) {
    await assert.rejects(readSecret(source, { ...wanted, env }), {
      code: 'insecure_file_mode',
      message: `others may open the thing "${path}"`,
    })
  }
})

test('why a command gave nothing is said without what it printed', async () => {
  const cases: [string, string, number?][] = [
    ['echo canary; echo canary >&2; exit 3', 'it exited with 3'],
    ['echo canary; kill -TERM $$', 'it was killed by SIGTERM'],
    ['echo canary; exec sleep 60', 'it did not finish within 0.1 s', 100],
    ['while :; do echo canary; done', 'it printed more than 64 KiB'],
  ]
  for (const [script, reason, commandLimitMs] of cases) {
    const source: SecretSource = { from: 'command', argv: ['sh', '-c', script] }
    const limit = commandLimitMs === undefined ? {} : { commandLimitMs }
    await assert.rejects(readSecret(source, { ...wanted, ...limit }), (error: Error) => {
      assert.equal(error.message, `the thing command "sh" failed: ${reason}`)
      assert.equal(error.cause, undefined)
      return true
    })
  }
})
