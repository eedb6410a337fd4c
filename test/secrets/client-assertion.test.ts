import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readClientAssertion } from '../../src/secrets/client-assertion.ts'
import { testAccount } from '../support/accounts.ts'
import { expectedError } from '../support/golden.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3b3JrbG9hZCJ9.c2lnbmF0dXJl'
const isRoot = process.getuid?.() === 0

let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'client-assertion-'))
})
after(() => rmSync(directory, { recursive: true }))

function file(text: string, mode = 0o600): string {
  const path = join(directory, 'token')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const read = (path: string) => readClientAssertion(testAccount({ clientAssertionFile: path }))

test('an account without such a file has no assertion', async () => {
  assert.equal(await readClientAssertion(testAccount()), undefined)
})

test('the file holds a signed JWT; its line end is not part of it', async () => {
  assert.equal((await read(file(`${jwt}\n`)))?.reveal(), jwt)
})

test('anything else is told without a byte of it', async () => {
  for (const text of ['', 'canary', '<html>canary</html>', `${jwt} ${jwt}`]) {
    const path = file(text)
    await assert.rejects(
      read(path),
      expectedError('config_invalid', 'anything else is told without a byte of it', { path }),
    )
  }
})

test(
  'the file of a platform is root’s and may be readable, but not replaceable by others',
  { skip: !isRoot && 'only root can make a file of root' },
  async () => {
    assert.equal((await read(file(jwt, 0o644)))?.reveal(), jwt)
    await assert.rejects(read(file(jwt, 0o646)), { code: 'insecure_file_mode' })
  },
)

test(
  'a file of another user is refused',
  { skip: !isRoot && 'only root can give a file away' },
  async () => {
    const path = file(jwt)
    chownSync(path, 4_711, 4_711)
    await assert.rejects(
      read(path),
      expectedError('insecure_file_mode', 'a file of another user is refused', { path }),
    )
    rmSync(path)
  },
)
