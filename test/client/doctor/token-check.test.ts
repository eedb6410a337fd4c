import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkToken } from '../../../src/client/doctor/token-check.ts'

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
  return findings.map(({ level, text }) => [level, text])
}

test('audience and age of a token that can be read are told, and nothing else of it', () => {
  const seconds = now / 1_000
  const token = jwt({ aud: 'https://outlook.office.com', iat: seconds - 600, exp: seconds + 3_000 })
  assert.deepEqual(check(token)[0], [
    'ok',
    `${user}: for "https://outlook.office.com", issued 10 min ago, expires in 50 min`,
  ])
  const byId = jwt({ aud: ['00000002-0000-0ff1-ce00-000000000000'] })
  assert.deepEqual(check(byId)[0], ['ok', `${user}: for "00000002-0000-0ff1-ce00-000000000000"`])
})

test('a token for something else than mail is a warning, elsewhere than at Microsoft none', () => {
  const token = jwt({ aud: 'https://graph.microsoft.com' })
  assert.deepEqual(check(token)[0], [
    'warning',
    `${user}: for "https://graph.microsoft.com", which is not the mail server's`,
  ])
  assert.equal(check(token, { user, provider: 'oidc' })[0]?.[0], 'ok')
})

test('a token that is over by its own word points to the clock', () => {
  const token = jwt({ aud: 'https://outlook.office.com', exp: now / 1_000 })
  assert.deepEqual(check(token)[0], ['warning', `${user}: it has expired, by its own claims`])
})

test('what cannot be read has its length alone, whatever it looks like', () => {
  for (const token of ['ya29.opaque', 'a.b.c', 'x.eyJ.y', `x.${btoa('null')}.y`, '..']) {
    const findings = checkToken({ user, provider: 'gmail' }, token, now)
    assert.equal(
      findings.at(-1)?.text,
      `${user}: ${token.length} characters, within the limits of every mail program`,
    )
  }
})

test('the lengths that mail programs take are compared, each at its own limit', () => {
  const told = (length: number) => check('x'.repeat(length), { user, provider: 'gmail' })[0]
  const neomutt = 'old versions of neomutt with OAUTHBEARER (510)'
  const msmtp = 'msmtp with OAUTHBEARER (2998)'
  assert.deepEqual(told(510), [
    'ok',
    `${user}: 510 characters, within the limits of every mail program`,
  ])
  assert.deepEqual(told(511), ['ok', `${user}: 511 characters; too long for ${neomutt}`])
  assert.deepEqual(told(2_998), ['ok', `${user}: 2998 characters; too long for ${neomutt}`])
  assert.deepEqual(told(2_999), [
    'warning',
    `${user}: 2999 characters; too long for ${msmtp}, ${neomutt}`,
  ])
  assert.deepEqual(told(3_036)?.[1], `${user}: 3036 characters; too long for ${msmtp}, ${neomutt}`)
  assert.deepEqual(told(3_037), [
    'warning',
    `${user}: 3037 characters; too long for exim and msmtp (3036), ${msmtp}, ${neomutt}`,
  ])
})
