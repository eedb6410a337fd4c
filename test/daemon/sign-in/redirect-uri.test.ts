import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  endsElsewhere,
  fixedPortOf,
  redirectUriAt,
} from '../../../src/daemon/sign-in/redirect-uri.ts'
import { testAccount } from '../../support/accounts.ts'

test("Microsoft's redirect URI gets a port and no path, the others' the root", () => {
  const office365 = testAccount({ provider: 'office365', redirectUri: 'http://localhost' })
  const gmail = testAccount({ provider: 'gmail', redirectUri: 'http://127.0.0.1' })
  const oidc = testAccount({ provider: 'oidc', redirectUri: 'http://127.0.0.1' })
  assert.equal(redirectUriAt(office365, 4321), 'http://localhost:4321')
  assert.equal(redirectUriAt(gmail, 4321), 'http://127.0.0.1:4321/')
  assert.equal(redirectUriAt(oidc, 4321), 'http://127.0.0.1:4321/')
})

test('a path of the registration stays exactly as it is', () => {
  for (const rest of ['/', '/back', '/back/?from=mail', '/%41']) {
    for (const origin of ['http://localhost', 'http://127.0.0.1', 'http://[::1]']) {
      const account = testAccount({ provider: 'office365', redirectUri: origin + rest })
      assert.equal(fixedPortOf(account), undefined)
      assert.equal(redirectUriAt(account, 4321), `${origin}:4321${rest}`)
    }
  }
})

test('a port of the registration stays, even where it is the default one', () => {
  for (const [redirectUri, port] of [
    ['http://localhost:8400', 8400],
    ['http://127.0.0.1:80/', 80],
    ['http://[::1]:8400/back', 8400],
  ] as const) {
    const account = testAccount({ provider: 'office365', redirectUri })
    assert.equal(fixedPortOf(account), port)
    assert.equal(redirectUriAt(account, 4321), redirectUri)
  }
})

test('one of another machine, or without a server here, stays as it is', () => {
  for (const redirectUri of [
    'https://login.microsoftonline.com/common/oauth2/nativeclient',
    'https://localhost',
    'https://localhost:8400/back',
    'https://127.0.0.1/',
  ]) {
    const account = testAccount({ provider: 'office365', redirectUri })
    assert.ok(endsElsewhere(account))
    assert.equal(fixedPortOf(account), undefined)
    assert.equal(redirectUriAt(account, 4321), redirectUri)
  }
  assert.ok(!endsElsewhere(testAccount({ redirectUri: 'http://localhost:1/x' })))
})
