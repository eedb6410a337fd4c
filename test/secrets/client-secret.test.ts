import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { SecretSource } from '../../src/configuration/configuration.ts'
import { readClientSecret } from '../../src/secrets/client-secret.ts'
import { testAccount } from '../support/accounts.ts'
import { assertError, assertSentence, expectedError } from '../support/golden.ts'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'client-secret-'))
})
after(() => rm(directory, { recursive: true }))

async function read(clientSecret?: SecretSource): Promise<string | undefined> {
  const account = testAccount(clientSecret === undefined ? {} : { clientSecret })
  return (await readClientSecret(account))?.reveal()
}

async function secretFile(text: string, mode: number): Promise<string> {
  const path = join(directory, `secret-${mode.toString(8)}`)
  await writeFile(path, text)
  await chmod(path, mode)
  return path
}

test('a public client has none', async () => {
  assert.equal(await read(), undefined)
})

test('an inline secret is what is there', async () => {
  assert.equal(await read({ from: 'inline', value: ' in line ' }), ' in line ')
})

test('a file gives its first line without white space, again each time', async () => {
  const path = await secretFile(' from-file \nmore\n', 0o600)
  assert.equal(await read({ from: 'file', path }), 'from-file')
  await writeFile(path, 'rotated')
  assert.equal(await read({ from: 'file', path }), 'rotated')
})

test('a file that everybody may read is refused with the command that helps', async () => {
  const path = await secretFile('secret', 0o604)
  await assert.rejects(read({ from: 'file', path }), (error: Error & { hint: string }) => {
    const command = /chmod (?:go|g-w,o)= \//.exec(error.hint)?.[0]
    assertError(error, 'insecure_file_mode', 'a file that everybody may read', { path, command })
    return true
  })
})

test('a file that is missing or empty is for the operator', async () => {
  const missing = join(directory, 'missing')
  await assert.rejects(
    read({ from: 'file', path: missing }),
    expectedError('config_invalid', 'a file that is missing or empty is for the operator', {
      missing,
    }),
  )
  const empty = await secretFile('\n', 0o600)
  await assert.rejects(
    read({ from: 'file', path: empty }),
    expectedError('config_invalid', 'a file that is missing or empty is for the operator (2)', {
      empty,
    }),
  )
})

test('a command gives its first line', async () => {
  const argv = ['/bin/sh', '-c', 'echo "from $0"; echo more', 'command']
  assert.equal(await read({ from: 'command', argv }), 'from command')
})

test('a command is asked nothing', async () => {
  assert.equal(
    await read({ from: 'command', argv: ['/bin/sh', '-c', 'cat; echo secret'] }),
    'secret',
  )
})

test('a command that fails is told without what it printed', async () => {
  const argv = ['/bin/sh', '-c', 'echo canary; echo canary >&2; exit 3']
  await assert.rejects(read({ from: 'command', argv }), (error: Error) => {
    assertSentence(error.message, 'a command that fails is told without what it printed')
    assert.equal(error.cause, undefined)
    return true
  })
})

describe('a systemd credential', () => {
  after(() => {
    delete process.env['CREDENTIALS_DIRECTORY']
  })

  test('is read from the directory that systemd names', async () => {
    process.env['CREDENTIALS_DIRECTORY'] = directory
    const path = join(directory, 'mail-secret')
    await writeFile(path, 'from-systemd\n', { mode: 0o400 })
    assert.equal(await read({ from: 'credential', name: 'mail-secret' }), 'from-systemd')
    await assert.rejects(
      read({ from: 'credential', name: 'other' }),
      expectedError('config_invalid', 'is read from the directory that systemd names', {
        path: join(directory, 'other'),
      }),
    )
  })

  test('is not there without systemd, and it says so', async () => {
    delete process.env['CREDENTIALS_DIRECTORY']
    await assert.rejects(
      read({ from: 'credential', name: 'mail-secret' }),
      expectedError('config_invalid', 'is not there without systemd, and it says so'),
    )
  })
})

test('a FIFO in the place of a file holds nobody up', async () => {
  const path = join(directory, 'fifo')
  execFileSync('mkfifo', ['-m', '600', path])
  await assert.rejects(
    read({ from: 'file', path }),
    expectedError('config_invalid', 'a FIFO in the place of a file holds nobody up', { path }),
  )
})
