import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { base32 } from '../../../src/daemon/bridge/base32.ts'
import { PasswordFile } from '../../../src/daemon/bridge/password-file.ts'
import { findPassword } from '../../../src/sasl/server/passwords.ts'
import { expectedError } from '../../support/golden.ts'

function directoryOf(t: TestContext): { directory: string; path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'passwords-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return { directory, path: join(directory, 'bridge-passwords.json') }
}

test('a password is shown once, kept as verifiers alone, and found again by another reader', (t) => {
  const { directory, path } = directoryOf(t)
  const password = new PasswordFile(directory).add('printer', ['user@example.com'])
  assert.match(password, /^[a-z2-7]{24}$/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.ok(!readFileSync(path, 'utf8').includes(password))
  const file = new PasswordFile(directory)
  const other = file.add('scanner', undefined)
  const { salt, passwords } = file.read()
  const list = { salt, verifiers: passwords }
  assert.equal(findPassword(list, password)?.name, 'printer')
  assert.deepEqual(findPassword(list, password)?.accounts, ['user@example.com'])
  assert.equal(findPassword(list, other)?.name, 'scanner')
  assert.equal(findPassword(list, other)?.accounts, undefined)
  file.remove('printer')
  assert.deepEqual(
    file.read().passwords.map(({ name }) => name),
    ['scanner'],
  )
  assert.equal(file.read().salt, salt)
})

test('a taken name and one that is not there are refused with the next step', (t) => {
  const file = new PasswordFile(directoryOf(t).directory)
  assert.throws(() => file.remove('printer'), { code: 'request_invalid' })
  file.add('printer', undefined)
  assert.throws(
    () => file.add('printer', undefined),
    expectedError('request_invalid', 'a name that is taken', { name: 'printer' }),
  )
})

test('a file that others can read, or that nobody understands, is refused and not replaced', (t) => {
  const { directory, path } = directoryOf(t)
  for (const text of ['', '{}', '[]', '{"version":2,"salt":"","passwords":[]}']) {
    writeFileSync(path, text, { mode: 0o600 })
    const file = new PasswordFile(directory)
    assert.throws(() => file.add('printer', undefined), { code: 'store_unreadable' })
    assert.equal(readFileSync(path, 'utf8'), text)
  }
  chmodSync(path, 0o644)
  assert.throws(() => new PasswordFile(directory).read(), { code: 'insecure_file_mode' })
})

test('what a newer version added to a password costs no password; its own form is said to be that', (t) => {
  const { directory, path } = directoryOf(t)
  const password = new PasswordFile(directory).add('printer', undefined)
  const kept = JSON.parse(readFileSync(path, 'utf8')) as { passwords: object[] }
  const added = {
    ...kept,
    added: 1,
    passwords: kept.passwords.map((one) => ({ ...one, added: 1 })),
  }
  writeFileSync(path, JSON.stringify(added))
  const file = new PasswordFile(directory)
  file.add('scanner', undefined)
  const { salt, passwords } = file.read()
  assert.equal(findPassword({ salt, verifiers: passwords }, password)?.name, 'printer')
  const newer = JSON.stringify({ version: 2, hashes: [] })
  writeFileSync(path, newer)
  for (const act of [() => file.add('third', undefined), () => file.remove('printer')]) {
    assert.throws(act, expectedError('store_unreadable', 'passwords of a newer version', { path }))
  }
  assert.equal(readFileSync(path, 'utf8'), newer)
})

test('base32 is that of RFC 4648, in lower case', () => {
  assert.equal(base32(Buffer.from('fooba')), 'mzxw6ytb')
  assert.equal(base32(Buffer.from('ffffffffff', 'hex')), '77777777')
})
