import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountFactsOf } from '../../src/mail/account-facts.ts'

const user = 'user@example.com'

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function jwt(claims: unknown): string {
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`
}

const iss = 'https://sts.windows.net/3f0c0b4e-0000-4000-8000-000000000000/'

for (const [name, host, token, provider, isAppOnly] of [
  ['a person at Microsoft', '127.0.0.1', jwt({ iss, scp: 'SMTP.Send' }), 'microsoft', false],
  ['an application at Microsoft', 'a.example', jwt({ iss, idtyp: 'app' }), 'microsoft', true],
  ['roles and no scopes', 'a.example', jwt({ iss, roles: ['a'] }), 'microsoft', true],
  ['a token that cannot be read', 'smtp.office365.com', 'EwB4', 'microsoft', false],
  ['China', 'partner.outlook.cn', 'EwB4', 'microsoft', false],
  ['Google by its host', 'smtp.gmail.com', 'opaque', 'google', false],
  ['Google by its token', '127.0.0.1', 'ya29.a0Af', 'google', false],
  ['another host', 'notoutlook.com', 'a.b.c', undefined, false],
  ['an issuer in the middle', 'a.example', jwt({ iss: `https://x/${iss}` }), undefined, false],
  ['claims that are none', 'a.example', jwt(null), undefined, false],
] as const) {
  test(`whose token it is: ${name}`, () => {
    assert.deepEqual(accountFactsOf(user, host, token), { user, provider, isAppOnly })
  })
}
