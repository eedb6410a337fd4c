/** A [[bridge]] and the scopes that its accounts ask for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, assertRefused, loadText } from './load-text.ts'

function withBridge(user: string, accountText: string, more = ''): string {
  const keys = `protocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["${user}"]\n${more}`
  return `${accountText}[[bridge]]\n${keys}`
}

const scoped = (scopes: string) => account.replace('\n', `\nscopes = ["${scopes}"]\n`)
const gmail =
  '[[account]]\nuser = "v@y"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const oidc =
  '[[account]]\nuser = "w@z"\nprovider = "oidc"\nclient_id = "c"\nauthority = "https://z"\n'

test('an account whose scopes lack what the protocol needs is refused, where they are known', () => {
  const reading = withBridge('u@x', scoped('IMAP.AccessAsUser.All'))
  const names = { user: '"u@x"', scope: 'https://outlook.office.com/SMTP.Send' }
  assertRefused(reading, '9: key "accounts"', 'scopes for reading alone', names)
  const sending = `${gmail}scopes = ["https://www.googleapis.com/auth/gmail.send"]\n`
  assertRefused(withBridge('v@y', sending), '10: key "accounts"', "a scope of Google's own API", {
    user: '"v@y"',
    scope: 'https://mail.google.com/',
  })
})

test('other words for the same scopes are taken, and what a server of oidc calls its own', () => {
  for (const scope of ['smtp.send', '.default']) {
    const text = scoped(`https://outlook.office365.com/${scope}`)
    assert.equal(loadText(withBridge('u@x', text)).bridges.length, 1)
  }
  const text = `${oidc}scopes = ["mail"]\n`
  const bridge = withBridge('w@z', text, 'server = "smtp.z"\n')
  assert.equal(loadText(bridge).bridges.length, 1)
})
