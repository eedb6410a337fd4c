import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revocationPage } from '../../src/accounts/revocation-page.ts'
import { testAccount } from '../support/accounts.ts'

test('where Microsoft lets a person take access back depends on cloud and kind of account', () => {
  const pages = {
    'https://login.microsoftonline.com/common': 'https://myapps.microsoft.com',
    'https://login.microsoftonline.com/contoso.com': 'https://myapps.microsoft.com',
    'https://login.microsoftonline.com/consumers': 'https://account.live.com/consent/Manage',
    'https://login.microsoftonline.us/t': 'https://myapps.microsoft.us',
    'https://login.partner.microsoftonline.cn/t': undefined,
  }
  for (const [authority, page] of Object.entries(pages)) {
    assert.equal(revocationPage(testAccount({ provider: 'office365', authority })), page)
  }
})

test('the others are told by the daemon itself', () => {
  assert.equal(revocationPage(testAccount()), undefined)
  assert.equal(revocationPage(testAccount({ provider: 'gmail' })), undefined)
})
