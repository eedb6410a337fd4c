/** A [[bridge]] and the scopes that its accounts ask for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCmsOauthError } from '../../src/errors.ts'
import { account, loadText } from './load-text.ts'

/** How the loader refuses a [[bridge]] of this account; undefined: it is taken. */
function refusalOf(user: string, accountText: string, more = '') {
  const keys = `protocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["${user}"]\n${more}`
  try {
    loadText(`${accountText}[[bridge]]\n${keys}`)
    return undefined
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return { code: error.code, said: `${error.message}; ${error.hint}` }
  }
}

const scoped = (scopes: string) => account.replace('\n', `\nscopes = ["${scopes}"]\n`)
const gmail =
  '[[account]]\nuser = "v@y"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const oidc =
  '[[account]]\nuser = "w@z"\nprovider = "oidc"\nclient_id = "c"\nauthority = "https://z"\n'

test('an account whose scopes lack what the protocol needs is refused, where they are known', () => {
  const { code, said = '' } = refusalOf('u@x', scoped('IMAP.AccessAsUser.All')) ?? {}
  assert.equal(code, 'config_invalid')
  assert.match(
    said,
    /^FILE:9: key "accounts": names "u@x", whose "scopes" do not have "\S+SMTP.Send"/,
  )
  assert.match(said, /; add it to "scopes" of the \[\[account\]\] and sign in again/)
  const sending = `${gmail}scopes = ["https://www.googleapis.com/auth/gmail.send"]\n`
  assert.match(refusalOf('v@y', sending)?.said ?? '', /"https:\/\/mail.google.com\/"/)
})

test('other words for the same scopes are taken, and what a server of oidc calls its own', () => {
  for (const scope of ['smtp.send', '.default']) {
    const text = scoped(`https://outlook.office365.com/${scope}`)
    assert.equal(refusalOf('u@x', text), undefined)
  }
  const text = `${oidc}scopes = ["mail"]\n`
  assert.equal(refusalOf('w@z', text, 'server = "smtp.z"\n'), undefined)
})
