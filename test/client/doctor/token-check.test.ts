import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkToken } from '../../../src/client/doctor/token-check.ts'
import { assertFinding } from '../../support/golden.ts'

const user = 'user@example.com'
const now = Date.UTC(2026, 0, 1)
const office365 = { user, provider: 'office365' }

function jwt(claims: object): string {
  const parts = [{ alg: 'none' }, { ...claims, secret: 'canary-claim' }]
  const encoded = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return [...encoded, 'canary-signature'].join('.')
}

function check(token: string, account = office365) {
  const findings = checkToken(account, token, now)
  const told = JSON.stringify(findings)
  assert.ok(!told.includes('canary') && !told.includes(token))
  return findings
}

test('audience and age of a token that can be read are told, and nothing else of it', () => {
  const seconds = now / 1_000
  const aud = 'https://outlook.office.com'
  const token = jwt({ aud, iat: seconds - 600, exp: seconds + 3_000 })
  assertFinding(check(token)[0], 'ok', 'audience and age', { user, aud, age: '10', rest: '50' })
  const id = '00000002-0000-0ff1-ce00-000000000000'
  assertFinding(check(jwt({ aud: [id] }))[0], 'ok', 'an audience by its ID', { user, id })
})

test('a token for something else than mail is a warning, elsewhere than at Microsoft none', () => {
  const aud = 'https://graph.microsoft.com'
  const token = jwt({ aud })
  assertFinding(check(token)[0], 'warning', 'not for mail', { user, aud })
  assert.equal(check(token, { user, provider: 'oidc' })[0]?.level, 'ok')
})

test('a token that is over by its own word points to the clock', () => {
  const token = jwt({ aud: 'https://outlook.office.com', exp: now / 1_000 })
  assertFinding(check(token)[0], 'warning', 'expired', { user })
})

test('what cannot be read has its length alone, whatever it looks like', () => {
  for (const token of ['ya29.opaque', 'a.b.c', 'x.eyJ.y', `x.${btoa('null')}.y`, '..']) {
    const findings = checkToken({ user, provider: 'gmail' }, token, now)
    assertFinding(findings.at(-1), 'ok', 'within all limits', { user, length: token.length })
  }
})

test('the lengths that mail programs take are compared, each at its own limit', () => {
  const rows: [length: number, level: string, ...tooLongFor: string[]][] = [
    [510, 'ok'],
    [511, 'ok', 'neomutt'],
    [2_998, 'ok', 'neomutt'],
    [2_999, 'warning', 'msmtp', 'neomutt'],
    [3_036, 'warning', 'msmtp', 'neomutt'],
    [3_037, 'warning', 'exim', 'msmtp', 'neomutt'],
  ]
  for (const [length, level, ...programs] of rows) {
    const [finding] = check('x'.repeat(length), { user, provider: 'gmail' })
    const key = programs.length === 0 ? 'within all limits' : `too long for ${programs.join(',')}`
    assertFinding(finding, level, key, { user, length })
    for (const program of programs) assert.ok(finding?.text.includes(program), finding?.text)
  }
})
