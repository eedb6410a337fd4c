import { test } from 'node:test'
import { permissionWords } from '../../src/accounts/scope-words.ts'
import { assertSentence, type Names } from '../support/golden.ts'

function assertWords(scopes: string[], key: string, names: Names = {}): void {
  assertSentence(permissionWords(scopes).join('\n'), key, names)
}

test("Microsoft's permissions are told in plain words in every cloud", () => {
  for (const resource of ['https://outlook.office.com', 'https://partner.outlook.cn']) {
    const names = ['SMTP.Send', 'IMAP.AccessAsUser.All', 'POP.AccessAsUser.All']
    assertWords(
      names.map((name) => `${resource}/${name}`),
      "Microsoft's permissions",
    )
  }
})

test("Google's one permission is told with all that it allows", () => {
  assertWords(['https://mail.google.com/'], "Google's permission")
})

test('the permission to send by an API is told as what it is', () => {
  for (const scope of [
    'https://www.googleapis.com/auth/gmail.send',
    'https://dod-graph.microsoft.us/Mail.Send',
  ]) {
    assertWords([scope], 'the permission to send by an API')
  }
})

test('a permission is told once, and what everybody is asked for comes last', () => {
  const scopes = ['openid', 'offline_access', 'mail-r', 'email', 'mail-r', 'profile']
  assertWords(scopes, 'a permission that is asked for twice')
})

test('an unknown permission stands by its name', () => {
  const [url, word] = ['https://mail.example/all', 'constructor']
  assertWords([url, word], 'unknown permissions', { url, word })
})
