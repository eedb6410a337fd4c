/**
 * Records as earlier versions have sealed them, each by its own programs: whoever upgrades keeps the sign-in.
 * The key and the refresh token are made up.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { place, recordOf } from './place.ts'

const user = 'user@example.com'
const issuer = 'https://issuer.example'
const key = 'canary-store-key-of-older-versions\n'
const sealed = JSON.parse(
  readFileSync(join(import.meta.dirname, 'older-records.json'), 'utf8'),
) as Record<string, string>

/** What each of them says besides what all say. */
const more: Record<string, object> = {
  'without an issuer': {},
  'without a subject': { issuer, renewalExpiresAt: 3_000 },
  'of the present form': { issuer, renewalExpiresAt: 3_000, subject: 'subject' },
}

for (const [form, record] of Object.entries(sealed)) {
  test(`a record ${form} is a sign-in`, async (t) => {
    const at = place(t)
    for (const directory of [dirname(at.keyFile), at.stateDirectory]) {
      mkdirSync(directory, { mode: 0o700 })
    }
    writeFileSync(at.keyFile, key, { mode: 0o600 })
    writeFileSync(recordOf(at, user), Buffer.from(record, 'base64'), { mode: 0o600 })
    const store = await at.open()
    const { renewal, ...grant } = (await store.read(user)) ?? assert.fail('no grant')
    assert.equal(renewal.refreshToken.reveal(), 'canary-refresh-token')
    assert.deepEqual(grant, {
      user,
      provider: 'oidc',
      clientId: 'client',
      scopes: ['mail'],
      signedInAt: 1_000,
      refreshedAt: 2_000,
      identity: user,
      ...more[form],
    })
    assert.deepEqual(await store.overview.list([user]), [
      { user, signedInAt: 1_000, refreshedAt: 2_000 },
    ])
    const [other] = await store.overview.listOthers([])
    assert.equal(other?.issuer, 'issuer' in grant ? issuer : '')
    // Whoever asks may not take another's sign-in for gone.
    assert.equal(await store.overview.hasSignInOf({ issuer, clientId: 'client' }, [user]), true)
  })
}
