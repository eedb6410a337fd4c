/** What pages and answers say of an account that an outbox sends with: alone, where no program gets its token, or beside programs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completed } from '../../../src/daemon/grants/completed-sign-in.ts'
import { invitationPage, notNeededPage } from '../../../src/daemon/sign-in/invitation-page.ts'
import type { Reply } from '../../../src/daemon/sign-in/loopback-server.ts'
import { completedPage } from '../../../src/daemon/sign-in/outcome-page.ts'
import { startPage } from '../../../src/daemon/sign-in/start-page.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertSentence } from '../../support/golden.ts'
import { providerUrl, refreshed, textOf } from './open-sign-in.ts'

const account = testAccount({ sendsBy: 'graph' })
const { user } = account

const pages: Record<string, Reply> = {
  'before the sign-in': startPage(account, providerUrl),
  'after the sign-in': completedPage(account, refreshed()),
  'after the access was lost': invitationPage(account, '/start'),
  'where there is access already': notNeededPage(account),
}

for (const [when, { status, body }] of Object.entries(pages)) {
  test(`the page ${when} promises mail programs nothing`, () => {
    const text = textOf({ status, body, location: undefined })
    assert.doesNotMatch(text, /mail program/i)
    assertSentence(text, when, { user })
  })
}

const both = testAccount({ isSentWith: true })
const pagesOfBoth: Record<string, Reply> = {
  'before the sign-in': startPage(both, providerUrl),
  'after the sign-in': completedPage(both, refreshed()),
  'after the access was lost': invitationPage(both, '/start'),
}

for (const [when, { status, body }] of Object.entries(pagesOfBoth)) {
  test(`where programs use the account too, the page ${when} names both`, () => {
    const text = textOf({ status, body, location: undefined })
    assert.match(text, /mail programs/)
    assert.match(text, /send notices/)
    assertSentence(text, `for both, ${when}`, { user: both.user })
  })
}

test('the answer to a sign-in says by what it sends', () => {
  const token = { expiresAt: 0, scopes: [] }
  assert.equal(completed(account, token).sends_by, 'graph')
  assert.equal(completed(testAccount(), token).sends_by, undefined)
})
