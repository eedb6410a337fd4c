import assert from 'node:assert/strict'
import { test } from 'node:test'
import { permissionWords } from '../../src/accounts/scope-words.ts'

const forAll = ['See the address you sign in with', 'Keep this access until you withdraw it']

test("Microsoft's permissions are told in plain words in every cloud", () => {
  for (const resource of ['https://outlook.office.com', 'https://partner.outlook.cn']) {
    const names = ['SMTP.Send', 'IMAP.AccessAsUser.All', 'POP.AccessAsUser.All']
    assert.deepEqual(permissionWords(names.map((name) => `${resource}/${name}`)), [
      'Send mail from this mailbox',
      'Read, move and delete mail in this mailbox (IMAP)',
      'Read and delete mail in this mailbox (POP)',
      ...forAll,
    ])
  }
})

test("Google's one permission is told with all that it allows", () => {
  assert.deepEqual(permissionWords(['https://mail.google.com/']), [
    'Read, send and permanently delete all mail in this mailbox',
    ...forAll,
  ])
})

test('the permission to send by an API is told as what it is', () => {
  for (const scope of [
    'https://www.googleapis.com/auth/gmail.send',
    'https://dod-graph.microsoft.us/Mail.Send',
  ]) {
    assert.deepEqual(permissionWords([scope]), ['Send mail from this mailbox', ...forAll])
  }
})

test('a permission is told once, and what everybody is asked for comes last', () => {
  const scopes = ['openid', 'offline_access', 'mail-r', 'email', 'mail-r', 'profile']
  assert.deepEqual(permissionWords(scopes), ['Read mail in this mailbox', ...forAll])
})

test('an unknown permission stands by its name', () => {
  assert.deepEqual(permissionWords(['https://mail.example/all', 'constructor']), [
    'Use the permission “https://mail.example/all”',
    'Use the permission “constructor”',
    ...forAll,
  ])
})
