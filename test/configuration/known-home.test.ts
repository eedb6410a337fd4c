import assert from 'node:assert/strict'
import { homedir, userInfo } from 'node:os'
import { test } from 'node:test'
import { knownHome } from '../../src/configuration/known-home.ts'

function nowhere(): string {
  throw new Error('uv_os_homedir returned ENOENT')
}

test('a user without an entry in passwd(5) is at home in the root directory', () => {
  assert.equal(knownHome({}, nowhere), '/')
})

test('an empty $HOME counts as none', (t) => {
  const before = homedir()
  t.after(() => (process.env['HOME'] = before))
  process.env['HOME'] = ''
  assert.equal(knownHome(process.env), userInfo().homedir)
  process.env['HOME'] = '/somewhere'
  assert.equal(knownHome(process.env), '/somewhere')
})
