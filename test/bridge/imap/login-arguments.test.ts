import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { loginArguments } from '../../../src/bridge/imap/login-arguments.ts'

/** The three ways to write a string. */
const forms: [name: string, write: (text: string) => string][] = [
  ['quoted', (text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`],
  ['literal', (text) => `{${text.length}}\r\n${text}`],
  ['literal that does not wait', (text) => `{${text.length}+}\r\n${text}`],
]
const line = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCodePoint(code)),
})
const oneLine = line.map((text) => text.replaceAll(/[\r\n]/g, ''))

for (const [first, writeUser] of forms) {
  for (const [second, writePassword] of forms) {
    test(`user name as ${first}, password as ${second}: each comes as it was`, () => {
      fc.assert(
        fc.property(oneLine, oneLine, (user, password) => {
          const text = `${writeUser(user)} ${writePassword(password)}`
          assert.deepEqual(loginArguments(text), { user, password })
        }),
      )
    })
  }
}

test('a literal may have the ends of lines in it, and what looks like a literal', () => {
  const [user, password] = ['a\r\nb {3}', '{1}\r\n"']
  const text = `{${user.length}}\r\n${user} {${password.length}+}\r\n${password}`
  assert.deepEqual(loginArguments(text), { user, password })
})

test('atoms may have what addresses have', () => {
  assert.deepEqual(loginArguments("o'neil+a%b@example.com p\\*]~"), {
    user: "o'neil+a%b@example.com",
    password: 'p\\*]~',
  })
})

for (const text of [
  'u  p',
  'u p ',
  'u p   ',
  '"u"  "p" ',
  '{1}\r\nu  {1+}\r\np ',
  'u   {1}\r\np',
]) {
  test(`${JSON.stringify(text)} is read as Dovecot does: old programs send more blanks`, () => {
    assert.deepEqual(loginArguments(text), { user: 'u', password: 'p' })
  })
}

for (const text of [
  '',
  'u',
  'u ',
  ' u p',
  'u p q',
  'u\tp',
  '"u p',
  '"u""p"',
  '{3}\r\nu p',
  '"\\u" p',
]) {
  test(`${JSON.stringify(text)} is not a user name and a password`, () => {
    assert.equal(loginArguments(text), undefined)
  })
}
