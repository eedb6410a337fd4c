/** What an answer leaves out, whatever the spelling of the server. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findMissingPermissions } from '../../src/accounts/missing-permissions.ts'
import { testAccount } from '../support/accounts.ts'
import { assertAdvice, type Names } from '../support/golden.ts'

const outlook = 'https://outlook.office.com'
const smtp = `${outlook}/SMTP.Send`
const imap = `${outlook}/IMAP.AccessAsUser.All`
const gmail = 'https://mail.google.com/'
const gmailSend = 'https://www.googleapis.com/auth/gmail.send'
const graphSend = 'https://graph.microsoft.com/Mail.Send'

type Provider = 'office365' | 'gmail' | 'oidc'

function missing(provider: Provider, scopes: string[], granted: string[]) {
  return findMissingPermissions({ ...testAccount(), provider, scopes }, granted)
}

const { user } = testAccount()

function assertMissing(
  found: ReturnType<typeof missing>,
  key: string,
  names: Names,
): asserts found is NonNullable<typeof found> {
  assert.ok(found !== undefined)
  assertAdvice({ message: found.message, hint: found.nextStep }, key, names)
}

const whole: [provider: Provider, wanted: string[], granted: string[]][] = [
  ['office365', [smtp, 'offline_access'], ['openid', 'profile', smtp]],
  ['office365', [smtp], ['SMTP.Send', 'User.Read']],
  ['office365', [smtp, imap], ['smtp.send', 'imap.accessasuser.all']],
  ['office365', [smtp], ['https://outlook.office365.com/SMTP.Send']],
  ['office365', ['https://outlook.office365.us/SMTP.Send'], ['SMTP.Send']],
  ['office365', ['https://partner.outlook.cn/SMTP.Send'], ['https://partner.outlook.cn/SMTP.Send']],
  ['office365', [smtp], ['00000002-0000-0ff1-ce00-000000000000/SMTP.Send']],
  ['office365', [graphSend], ['openid', 'Mail.Send']],
  ['office365', [graphSend], ['https://graph.microsoft.com/Mail.Send']],
  ['office365', ['https://microsoftgraph.chinacloudapi.cn/Mail.Send'], ['mail.send']],
  ['gmail', [gmailSend], [gmailSend, 'openid']],
  ['office365', [`${outlook}/.default`], ['SMTP.Send']],
  ['gmail', [gmail], [gmail, 'openid', 'https://www.googleapis.com/auth/userinfo.email']],
  ['gmail', [gmail], ['https://mail.google.com']],
  ['oidc', ['openid', 'email', 'offline_access', 'mail'], ['mail']],
  ['oidc', ['mail-r', 'mail-w'], ['mail-w', 'mail-r', 'sdps-r']],
  ['oidc', ['mail-r', 'mail-w'], ['mail-r,mail-w']],
  ['oidc', ['openid'], ['email']],
  ['office365', [smtp], []],
]

for (const [provider, wanted, granted] of whole) {
  test(`${provider}: nothing of ${wanted.join(' ')} is missing in "${granted.join(' ')}"`, () => {
    assert.equal(missing(provider, wanted, granted), undefined)
  })
}

describe('what is missing', () => {
  test('has the words of a person, and the step that ends it', () => {
    const found = missing('office365', [smtp, imap], ['openid', imap])
    assertMissing(found, 'what Microsoft leaves out', { user, permission: 'SMTP.Send' })
    assert.deepEqual([found.isCertain, found.isAll, found.scopes], [true, false, [smtp]])
  })

  test('is all, where what was granted is of Graph, or of nobody', () => {
    for (const granted of [['https://graph.microsoft.com/SMTP.Send'], ['openid', 'User.Read']]) {
      const found = missing('office365', [smtp, imap], granted)
      assert.deepEqual([found?.isAll, found?.isCertain], [true, true])
    }
    const found = missing(
      'gmail',
      [gmail],
      ['openid', 'https://www.googleapis.com/auth/gmail.send'],
    )
    assertMissing(found, 'what Google leaves out', { user, permission: gmail })
  })

  test('of an account that only sends is sending, in the words of its provider', () => {
    const found = missing('gmail', [gmailSend], ['openid', gmail])
    const names = { user, permission: 'gmail.send' }
    assertMissing(found, 'what Google leaves out for sending', names)
    for (const granted of ['User.Read', 'https://graph.microsoft.com/SMTP.Send', smtp]) {
      assertMissing(
        missing('office365', [graphSend], [granted]),
        'what Microsoft leaves out for sending',
        { user, permission: 'Mail.Send' },
      )
    }
  })

  test('is certain where a server speaks as we do, and else only may be', () => {
    const certain = missing('oidc', ['openid', 'mail', 'calendar'], ['openid', 'calendar'])
    assertMissing(certain, 'what is left out for certain', { user, permission: '"mail"' })
    assert.equal(certain.isCertain, true)
    const renamed = missing('oidc', ['mail'], ['openid', 'urn:example:mailbox'])
    assertMissing(renamed, 'what may be renamed', {
      user,
      permission: '"mail"',
      granted: 'openid urn:example:mailbox',
    })
    assert.equal(renamed.isCertain, false)
  })

  test('is for whoever administers the client, where nobody signs in', () => {
    const account = { ...testAccount(), grant: 'client_credentials' as const, scopes: ['mail'] }
    const found = findMissingPermissions(account, ['openid'])
    assertMissing(found, 'what a client that asks for itself lacks', { user, permission: '"mail"' })
  })
})
