import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate } from 'selfsigned'
import type { Account } from '../../../src/accounts/account.ts'
import { foreseenEnds } from '../../../src/daemon/broker/foreseen-ends.ts'
import { SignInRequiredError } from '../../../src/errors.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { testAccount } from '../../support/accounts.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { assertSentence } from '../../support/golden.ts'

const dayMs = 24 * 60 * 60_000
const login = 'run "cms-oauth login user@example.com"'

/** A token that was refreshed just now, on a clock of the test. */
function signedIn(account: Partial<Account>, refreshed: Partial<FreshToken> = {}) {
  const { token, clock } = createAccountToken()
  token.reconfigure(testAccount(account))
  const signedInAt = clock.wallMs()
  const refresh = () =>
    token.accept(
      refreshedToken({ expiresAt: clock.wallMs() + 3_600_000, signedInAt, ...refreshed }),
    )
  refresh()
  const ends = () => foreseenEnds(token, clock.wallMs())
  return { token, clock, refresh, ends, start: signedInAt }
}

test('nobody who has not signed in has an end before them', () => {
  const { token, clock } = createAccountToken()
  token.reconfigure(testAccount({ provider: 'office365' }))
  assert.deepEqual(foreseenEnds(token, clock.wallMs()), [])
})

for (const [provider, days] of [
  ['office365', 90],
  ['gmail', 182],
] as const) {
  test(`${provider} ends a sign-in after ${days} idle days, which each refresh moves on`, () => {
    const { clock, refresh, ends, start } = signedIn({ provider })
    const reason = ends()[0]?.reason ?? ''
    assertSentence(reason, 'an end by disuse', { days })
    assert.deepEqual(ends(), [
      {
        what: 'sign_in',
        at: start + days * dayMs,
        isSliding: true,
        isNear: false,
        isPast: false,
        reason,
        nextStep: login,
      },
    ])
    clock.advance((days - 7) * dayMs - 1)
    assert.equal(ends()[0]?.isNear, false)
    clock.advance(1)
    assert.equal(ends()[0]?.isNear, true)
    refresh()
    assert.equal(ends()[0]?.at, start + (2 * days - 7) * dayMs)
    assert.equal(ends()[0]?.isNear, false)
  })
}

test('a grant found in the store is idle since its newest refresh, a damaged one since nobody knows', () => {
  const { token, clock } = createAccountToken()
  token.reconfigure(testAccount({ provider: 'office365' }))
  token.resume(clock.wallMs() - 200 * dayMs, clock.wallMs() - 85 * dayMs)
  const [end] = foreseenEnds(token, clock.wallMs())
  assert.equal(end?.at, clock.wallMs() + 5 * dayMs)
  assert.equal(end?.isNear, true)
  token.resume(0, 0)
  assert.deepEqual(foreseenEnds(token, clock.wallMs()), [])
})

test('a sign-in that has ended ends no more', async () => {
  const refused = new SignInRequiredError('revoked')
  const { token, clock } = createAccountToken(() => Promise.reject(refused))
  token.reconfigure(testAccount({ provider: 'office365' }))
  token.resume(clock.wallMs() - 85 * dayMs, clock.wallMs() - 85 * dayMs)
  assert.equal(foreseenEnds(token, clock.wallMs()).length, 1)
  for (const _ of ['refused', 'and confirmed']) await assert.rejects(token.refreshNow(), refused)
  assert.deepEqual(foreseenEnds(token, clock.wallMs()), [])
})

test('the mailbox of a shared sign-in names the address that signs in', () => {
  const { ends } = signedIn({ provider: 'office365', signInWith: 'owner@example.com' })
  assertSentence(
    ends()[0]?.nextStep,
    'the mailbox of a shared sign-in names the address that signs in',
    { user: 'owner@example.com' },
  )
})

test('a provider that does not name a limit or announce an end has none', () => {
  assert.deepEqual(signedIn({ provider: 'oidc' }).ends(), [])
})

test('an end that the provider announced is near seven days before', () => {
  const { start } = signedIn({})
  const { clock, ends } = signedIn({}, { renewalExpiresAt: start + 60 * dayMs })
  const reason = ends()[0]?.reason ?? ''
  assertSentence(reason, 'an end that the provider announced')
  assert.deepEqual(ends(), [
    {
      what: 'sign_in',
      at: start + 60 * dayMs,
      isSliding: false,
      isNear: false,
      isPast: false,
      reason,
      nextStep: login,
    },
  ])
  clock.advance(53 * dayMs - 1)
  assert.equal(ends()[0]?.isNear, false)
  clock.advance(1)
  assert.equal(ends()[0]?.isNear, true)
})

test("Google's seven days of Testing are named, and warned of from the first", () => {
  const { start } = signedIn({})
  const { ends } = signedIn({ provider: 'gmail' }, { renewalExpiresAt: start + 7 * dayMs - 1_000 })
  const [end] = ends()
  assertSentence(
    end?.reason ?? '',
    "Google's seven days of Testing are named, and warned of from the first",
    { name: 'Testing' },
  )
  assert.equal(end?.isNear, true)
})

test('a client secret and a certificate are warned of thirty days before, whatever the grant', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certificate-'))
  t.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'client.pem')
  const { start } = signedIn({})
  const notAfterDate = new Date(start + 40 * dayMs)
  const { cert } = await generate([{ name: 'commonName', value: 'client' }], { notAfterDate })
  await writeFile(path, cert)
  const key = { from: 'file', path } as const
  const { clock, ends } = signedIn({
    grant: 'client_credentials',
    provider: 'office365',
    clientSecretExpiresAt: start + 50 * dayMs,
    clientCertificate: { path, key },
  })
  assert.deepEqual(
    ends().map(({ what, at, isNear }) => ({ what, at, isNear })),
    [
      { what: 'client_certificate', at: start + 40 * dayMs, isNear: false },
      { what: 'client_secret', at: start + 50 * dayMs, isNear: false },
    ],
  )
  clock.advance(10 * dayMs)
  assert.deepEqual(
    ends().map(({ isNear }) => isNear),
    [true, false],
  )
  clock.advance(10 * dayMs)
  assert.deepEqual(
    ends().map(({ isNear }) => isNear),
    [true, true],
  )
  clock.advance(20 * dayMs)
  assert.deepEqual(
    ends().map(({ isPast }) => isPast),
    [true, false],
  )
})

test('a certificate that cannot be read has no end, one that is replaced has a new one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certificate-'))
  t.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'client.pem')
  const key = { from: 'file', path } as const
  const { ends, start } = signedIn({ clientCertificate: { path, key } })
  assert.deepEqual(ends(), [])
  for (const make of [() => symlink(path, path), () => execFileSync('mkfifo', [path])]) {
    await make()
    assert.deepEqual(ends(), [])
    await rm(path)
  }
  await writeFile(path, 'no certificate')
  assert.deepEqual(ends(), [])
  const notAfterDate = new Date(start + dayMs)
  const { cert } = await generate([{ name: 'commonName', value: 'client' }], { notAfterDate })
  await writeFile(path, cert)
  assert.equal(ends()[0]?.at, start + dayMs)
})
