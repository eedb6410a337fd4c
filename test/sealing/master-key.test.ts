import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadMasterKey } from '../../src/sealing/master-key.ts'
import { assertSentence, expectedError } from '../support/golden.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'

const code = 'store_unreadable'
const material = 'canary-0123456789abcdef0123456789abcdef'
const stateDirectory = '/nowhere'
const empty = { stateDirectory, isStoreEmpty: true }
const full = { stateDirectory, isStoreEmpty: false }

test('a key file is made once, for its owner only, and stays', async (t) => {
  const path = join(temporaryDirectory(t), 'config', 'store.key')
  const made = await loadMasterKey({ from: 'file', path }, empty)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.match(readFileSync(path, 'utf8'), /^[0-9a-f]{64}\n$/)
  assert.deepEqual(readdirSync(join(path, '..')), ['store.key'])
  const found = await loadMasterKey({ from: 'file', path }, full)
  assert.deepEqual(found, made)
  assert.equal(made.bytes.length, 32)
  assert.match(made.id, /^[0-9a-f]{16}$/)
})

test('a key file is never made beside an existing store', async (t) => {
  const path = join(temporaryDirectory(t), 'config', 'store.key')
  await assert.rejects(
    loadMasterKey({ from: 'file', path }, full),
    expectedError(code, 'a key file is never made beside an existing store', { path }),
  )
  assert.equal(existsSync(join(path, '..')), false)
})

test('a key file that others may open is refused', async (t) => {
  const path = join(temporaryDirectory(t), 'store.key')
  writeFileSync(path, material)
  for (const mode of [0o604, 0o620, 0o602]) {
    chmodSync(path, mode)
    await assert.rejects(
      loadMasterKey({ from: 'file', path }, full),
      expectedError('insecure_file_mode', 'a key file that others may open is refused', { path }),
    )
  }
})

test('a key file in a directory that others may write is refused, and none is made there', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'store.key')
  chmodSync(directory, 0o770)
  const refusal = {
    code: 'insecure_file_mode',
    message: `others may write the directory "${directory}"`,
  }
  await assert.rejects(loadMasterKey({ from: 'file', path }, empty), refusal)
  assert.deepEqual(readdirSync(directory), [])
  writeFileSync(path, material, { mode: 0o600 })
  await assert.rejects(loadMasterKey({ from: 'file', path }, full), refusal)
})

test('what is not a regular file is not a key file', async (t) => {
  const directory = temporaryDirectory(t)
  const real = join(directory, 'real')
  writeFileSync(real, material, { mode: 0o600 })
  const link = join(directory, 'link')
  symlinkSync(real, link)
  mkdirSync(join(directory, 'directory'), { mode: 0o700 })
  execFileSync('mkfifo', ['-m', '600', join(directory, 'fifo')])
  await assert.rejects(
    loadMasterKey({ from: 'file', path: link }, full),
    expectedError(code, 'what is not a regular file is not a key file', { link, real }),
  )
  for (const name of ['directory', 'fifo']) {
    const path = join(directory, name)
    await assert.rejects(loadMasterKey({ from: 'file', path }, full), { code })
  }
})

test('a key needs 32 bytes; the end of its line is not one of them', async (t) => {
  const path = join(temporaryDirectory(t), 'store.key')
  const load = (bytes: string) => {
    writeFileSync(path, bytes, { mode: 0o600 })
    return loadMasterKey({ from: 'file', path }, full)
  }
  assert.deepEqual(await load(`${material}\n`), await load(material))
  // 32 raw bytes may end in the byte of a newline.
  await load(`${'x'.repeat(31)}\n`)
  for (const short of ['', `${'x'.repeat(30)}\n`, 'x'.repeat(31)]) {
    await assert.rejects(
      load(short),
      expectedError(code, 'a key needs 32 bytes; the end of its line is not one of them', { path }),
    )
  }
})

test('different keys have different ids, and an id gives nothing of its key away', async (t) => {
  const path = join(temporaryDirectory(t), 'store.key')
  const load = (bytes: string) => {
    writeFileSync(path, bytes, { mode: 0o600 })
    return loadMasterKey({ from: 'file', path }, full)
  }
  const [one, two] = [await load(`${material}1`), await load(`${material}2`)]
  assert.notEqual(one.id, two.id)
  assert.notDeepEqual(one.bytes, two.bytes)
  assert.ok(!one.bytes.toString('hex').includes(one.id))
})

test('a credential comes from the directory that systemd names', async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'store-key'), material, { mode: 0o400 })
  const source = { from: 'credential', name: 'store-key' } as const
  const env = { CREDENTIALS_DIRECTORY: directory }
  assert.equal((await loadMasterKey(source, { ...full, env })).bytes.length, 32)
  const absent = { from: 'credential', name: 'other' } as const
  await assert.rejects(
    loadMasterKey(absent, { ...empty, env }),
    expectedError(code, 'a credential comes from the directory that systemd names', {
      path: join(directory, 'other'),
    }),
  )
  await assert.rejects(
    loadMasterKey(source, { ...empty, env: {} }),
    expectedError(code, 'a credential comes from the directory that systemd names (2)'),
  )
})

function command(...argv: string[]) {
  return { from: 'command', argv } as const
}

test('a command prints the key, and is asked nothing', async (t) => {
  const path = join(temporaryDirectory(t), 'store.key')
  writeFileSync(path, material, { mode: 0o600 })
  assert.deepEqual(
    await loadMasterKey(command('sh', '-c', `cat; echo ${material}`), full),
    await loadMasterKey({ from: 'file', path }, full),
  )
})

test('why a command failed is said without what it printed', async () => {
  const failures: [string[], string][] = [
    [['sh', '-c', `echo ${material}; echo ${material} >&2; exit 3`], 'it exited with 3'],
    [['/nowhere/pass'], 'ENOENT (no such file or directory)'],
    [['sh', '-c', 'yes'], 'it printed more than 64 KiB'],
  ]
  for (const [argv, reason] of failures) {
    await assert.rejects(loadMasterKey(command(...argv), full), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, code)
      assertSentence(error.message, 'why a command failed is said without what it printed', {
        value: argv[0],
        reason,
      })
      assert.equal(error.cause, undefined)
      return true
    })
  }
})

test('a command that does not end is ended', async () => {
  const options = { ...full, commandLimitMs: 50 }
  await assert.rejects(
    loadMasterKey(command('sleep', '60'), options),
    expectedError(code, 'a command that does not end is ended'),
  )
})
