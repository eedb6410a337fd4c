import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { httpsUrl } from '../../src/configuration-file/values.ts'
import { isHttpsUrl } from '../../src/oauth/https-url.ts'
import type { Names } from '../support/golden.ts'
import { account, assertRefused, loadText } from './load-text.ts'

const socketOf = (keys: string) => loadText(`${account}[[socket]]\n${keys}`).sockets[0]

const signIn = (listen: string) => loadText(`${account}[sign_in]\nlisten = "${listen}"`).signIn

function refuses(toml: string, place: string, sentence: string, names?: Names): void {
  assertRefused(account + toml, place, sentence, names)
}

test('a duration has a unit', () => {
  const cases: [string, number][] = [
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ]
  for (const [written, ms] of cases) {
    const { refresh } = loadText(`${account}[refresh]\nbefore_expiry = "${written}"`)
    assert.equal(refresh.beforeExpiryMs, ms)
  }
})

test('a duration without unit, with a sign or beyond all use is refused with its line', () => {
  for (const written of ['15', '-1s', '1.5s', '1 s', '1w', '', 's']) {
    refuses(
      `[refresh]\nanswer_within = "${written}"`,
      '6: key "answer_within"',
      'must be a number with ms',
    )
  }
  const tooLong = {
    answer_within: [['61s', '60001ms', '2m', '1h', '25d', '999999999d'], '60s'],
    before_expiry: [['25h', '2d', '86400001ms', '999999999d'], '24h'],
  } as const
  for (const [key, [values, most]] of Object.entries(tooLong)) {
    for (const written of values) {
      refuses(`[refresh]\n${key} = "${written}"`, `6: key "${key}"`, `${key} too long`, { most })
    }
  }
  assert.equal(loadText(`${account}[refresh]\nanswer_within = "1m"`).refresh.answerWithinMs, 60_000)
})

test('a mode is a string or an octal number, and `umask` is its other name', () => {
  for (const written of ['"0660"', '"660"', '0o660']) {
    assert.equal(socketOf(`mode = ${written}`)?.mode, 0o660)
    assert.equal(socketOf(`umask = ${written}`)?.mode, 0o660)
  }
  assert.equal(socketOf('mode = 0o600')?.mode, 0o600)
  refuses('[[socket]]\nmode = "0660"\numask = "0660"', '7: key "umask"', 'is the same as mode')
})

test('a mode that is not permission bits, or decimal by mistake, is refused', () => {
  for (const written of ['660', '600', '"0o660"', '"1777"', '"rw"', '-1', '6.5', 'nan', 'true']) {
    refuses(`[[socket]]\nmode = ${written}`, '6: key "mode"', 'must be permission bits')
  }
})

test('a path begins at the root or at the home, and nowhere else', () => {
  assert.equal(socketOf('path = "~/mail/cms.sock"')?.path, join(homedir(), 'mail/cms.sock'))
  assert.equal(socketOf('path = "/run/~/cms.sock"')?.path, '/run/~/cms.sock')
  for (const written of [
    'cms.sock',
    './cms.sock',
    '~other/cms.sock',
    '@abstract',
    '\\u0000x',
    '/\\u0000',
  ]) {
    refuses(`[[socket]]\npath = "${written}"`, '6: key "path"', 'must be an absolute path')
  }
})

test('what is written says something', () => {
  for (const keys of ['name = ""', 'owner = ""', 'group = ""', 'allow = { users = [""] }']) {
    const [key] = /\w+(?= = ["[])/.exec(keys) ?? []
    refuses(`[[socket]]\n${keys}`, `6: key "${key}"`, 'must not be empty')
  }
  refuses(
    '[store]\nkey = "credential"\nkey_credential = ""',
    '7: key "key_credential"',
    'must not be empty',
  )
  refuses('login_hint = ""', '5: key "login_hint"', 'must not be empty')
})

test('a path for a socket names a file', () => {
  for (const written of ['/', '/run/', '~/', '/run/..']) {
    refuses(`[[socket]]\npath = "${written}"`, '6: key "path"', 'must name a file')
  }
})

test('a path for a socket has at most 107 bytes', () => {
  const longest = `/${'é'.repeat(53)}`
  assert.equal(socketOf(`path = "${longest}"`)?.path, longest)
  refuses(`[[socket]]\npath = "${longest}x"`, '6: key "path"', 'must have at most 107 bytes')
  refuses(`[control]\npath = "${longest}x"`, '6: key "path"', 'must have at most 107 bytes')
})

test('an address is one that a request can name', () => {
  for (const written of ['user', '@', 'a b@x', 'ü@x', 'u@x\\n', `${'u'.repeat(253)}@x`]) {
    assertRefused(account.replace('u@x', written), '2: key "user"', 'not such an address')
  }
})

test('an address with other letters in its domain is told how DNS writes it', () => {
  const named = { ascii: '"xn--mller-kva.de"' }
  assertRefused(account.replace('u@x', 'u@müller.de'), '2: key "user"', 'other letters', named)
})

test('a shared mailbox is named alone, not behind whose password it once was', () => {
  for (const written of ['u@x.org\\\\shared', 'u@x.org/shared', 'u@x.org\\\\s@x.org']) {
    assertRefused(account.replace('u@x', written), '2: key "user"', 'more than one mailbox')
  }
})

test('the sign-in page is on this machine', () => {
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
    assert.deepEqual(signIn(`${host}:65535`), { port: 65_535 })
  }
  for (const listen of ['0.0.0.0:80', '127.0.0.1', ':80', 'example.com:80']) {
    refuses(`[sign_in]\nlisten = "${listen}"`, '6: key "listen"', 'must be 127.0.0.1')
  }
  refuses('[sign_in]\nlisten = "127.0.0.1:65536"', '6: key "listen"', 'must have a port of at')
})

test('a redirect URI leads to this machine, or to a page by https, and comes back unchanged', () => {
  const pages = ['https://localhost', 'https://login.example/common/oauth2/nativeclient']
  const here = ['http://localhost', 'http://127.0.0.1:8080/', 'http://[::1]:1/callback']
  for (const uri of [...here, ...pages]) {
    assert.equal(loadText(`${account}redirect_uri = "${uri}"`).accounts[0]?.redirectUri, uri)
  }
  const others = [
    'https://u@localhost',
    'https://a.example/?b=c',
    'http://localhost.evil',
    'http://u@localhost',
    'localhost',
  ]
  for (const uri of [
    ...others,
    'http://localhost/?a=b',
    'http://localhost/#a',
    'http://localhost:99999',
  ]) {
    refuses(`redirect_uri = "${uri}"`, '5: key "redirect_uri"', 'must be http')
  }
})

test('a command names a program', () => {
  assert.deepEqual(loadText(`${account}[notify]\ncommand = ["a", "b"]`).notify, {
    command: ['a', 'b'],
  })
  refuses('[notify]\ncommand = []', '6: key "command"', 'must name a program')
})

for (const [written, requested] of [
  ['https://issuer.example', 'https://issuer.example'],
  ['https://issuer.example/', 'https://issuer.example/'],
  ['https://issuer.example:443/Token?a=b', 'https://issuer.example:443/Token?a=b'],
  ['https://[::1]:8443/token', 'https://[::1]:8443/token'],
  ['https://issuer.example./token', 'https://issuer.example./token'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://bücher.example/token', 'https://xn--bcher-kva.example/token'],
  ['HTTPS://issuer.example/token', 'https://issuer.example/token'],
  ['https://issuer.example/größe?name=ö', 'https://issuer.example/gr%C3%B6%C3%9Fe?name=%C3%B6'],
  [' https://issuer.example/token', 'https://issuer.example/token'],
  ['https://issuer.example/two words', 'https://issuer.example/two%20words'],
  ['https:issuer.example', 'https://issuer.example'],
] as const) {
  test(`the endpoint "${written}" can be asked: "${requested}"`, () => {
    assert.equal(httpsUrl.parse(written), requested)
    assert.ok(isHttpsUrl(requested))
  })
}
