import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { account, loadText, refusalOf } from './load-text.ts'

const socketOf = (keys: string) => loadText(`${account}[[socket]]\n${keys}`).sockets[0]

const signIn = (listen: string) => loadText(`${account}[sign_in]\nlisten = "${listen}"`).signIn

function messageOf(toml: string): string | undefined {
  return refusalOf(account + toml)[1]
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
    assert.equal(
      messageOf(`[refresh]\nanswer_within = "${written}"`),
      'FILE:6: key "answer_within": must be a number with ms, s, m, h or d, like "15m"',
    )
  }
  const tooLong = {
    answer_within: [['61s', '60001ms', '2m', '1h', '25d', '999999999d'], '60s: mail programs wait'],
    before_expiry: [['25h', '2d', '86400001ms', '999999999d'], '24h: a token lives'],
  } as const
  for (const [key, [values, reason]] of Object.entries(tooLong)) {
    for (const written of values) {
      assert.equal(
        messageOf(`[refresh]\n${key} = "${written}"`),
        `FILE:6: key "${key}": must be at most ${reason} no longer`,
      )
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
  assert.equal(
    messageOf('[[socket]]\nmode = "0660"\numask = "0660"'),
    'FILE:7: key "umask": is the same as "mode": keep one',
  )
})

test('a mode that is no permission bits, or decimal by mistake, is refused', () => {
  for (const written of ['660', '600', '"0o660"', '"1777"', '"rw"', '-1', '6.5', 'nan', 'true']) {
    assert.equal(
      messageOf(`[[socket]]\nmode = ${written}`),
      'FILE:6: key "mode": must be permission bits, like "0660" or 0o660',
    )
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
    assert.equal(
      messageOf(`[[socket]]\npath = "${written}"`),
      'FILE:6: key "path": must be an absolute path, or start with "~/"',
    )
  }
})

test('what is written says something', () => {
  for (const keys of ['name = ""', 'owner = ""', 'group = ""', 'allow = { users = [""] }']) {
    assert.match(
      messageOf(`[[socket]]\n${keys}`) ?? '',
      /^FILE:6: key "(name|owner|group|users)": must not be empty$/,
    )
  }
  assert.equal(
    messageOf('[store]\nkey = "credential"\nkey_credential = ""'),
    'FILE:7: key "key_credential": must not be empty',
  )
  assert.equal(
    refusalOf(`${account}login_hint = ""`)[1],
    'FILE:5: key "login_hint": must not be empty',
  )
})

test('a path for a socket names a file', () => {
  for (const written of ['/', '/run/', '~/', '/run/..']) {
    assert.equal(
      messageOf(`[[socket]]\npath = "${written}"`),
      'FILE:6: key "path": must name a file, not a directory',
    )
  }
})

test('a path for a socket has at most 107 bytes', () => {
  const longest = `/${'é'.repeat(53)}`
  assert.equal(socketOf(`path = "${longest}"`)?.path, longest)
  assert.equal(
    messageOf(`[[socket]]\npath = "${longest}x"`),
    'FILE:6: key "path": must have at most 107 bytes: the kernel takes no more',
  )
  assert.equal(
    messageOf(`[control]\npath = "${longest}x"`),
    'FILE:6: key "path": must have at most 107 bytes: the kernel takes no more',
  )
})

test('an address is one that a request can name', () => {
  for (const written of ['user', '@', 'a b@x', 'ü@x', 'u@x\\n', `${'u'.repeat(253)}@x`]) {
    const [, message] = refusalOf(account.replace('u@x', written))
    assert.match(message ?? '', /^FILE:2: key "user": must be an address in ASCII, like/)
  }
})

test('the sign-in page is on this machine', () => {
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
    assert.deepEqual(signIn(`${host}:65535`), { port: 65_535 })
  }
  for (const listen of ['0.0.0.0:80', '127.0.0.1', ':80', 'example.com:80']) {
    assert.equal(
      messageOf(`[sign_in]\nlisten = "${listen}"`),
      'FILE:6: key "listen": must be 127.0.0.1:PORT; port 0 means any',
    )
  }
  assert.equal(
    messageOf('[sign_in]\nlisten = "127.0.0.1:65536"'),
    'FILE:6: key "listen": must have a port of at most 65535',
  )
})

test('a redirect URI leads to this machine and comes back unchanged', () => {
  for (const uri of ['http://localhost', 'http://127.0.0.1:8080/', 'http://[::1]:1/callback']) {
    assert.equal(loadText(`${account}redirect_uri = "${uri}"`).accounts[0]?.redirectUri, uri)
  }
  const others = ['https://localhost', 'http://localhost.evil', 'http://u@localhost', 'localhost']
  for (const uri of [
    ...others,
    'http://localhost/?a=b',
    'http://localhost/#a',
    'http://localhost:99999',
  ]) {
    assert.equal(
      messageOf(`redirect_uri = "${uri}"`),
      'FILE:5: key "redirect_uri": must be http://localhost, http://127.0.0.1 or http://[::1], with or without port and path',
    )
  }
})

test('a command names a program', () => {
  assert.deepEqual(loadText(`${account}[notify]\ncommand = ["a", "b"]`).notify, {
    command: ['a', 'b'],
  })
  assert.equal(messageOf('[notify]\ncommand = []'), 'FILE:6: key "command": must name a program')
})
