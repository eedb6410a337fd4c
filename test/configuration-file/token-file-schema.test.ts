/** [[token_file]]: what is taken, and how the rest is refused. */
import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { test } from 'node:test'
import { account, loadText, refusalOf } from './load-text.ts'

const needed = 'path = "/f"\naccount = "u@x"\nformat = "sasl-xoauth2"\n'

function tokenFile(keys: string): string {
  return `${account}[[token_file]]\n${keys}`
}

function assertRefused(keys: string, message: string, hint?: string): void {
  const [code, told, toldHint] = refusalOf(tokenFile(keys))
  assert.deepEqual([code, told], ['config_invalid', message])
  if (hint !== undefined) assert.equal(toldHint, hint)
}

test('a token file is for SMTP and for its owner alone unless it says otherwise', () => {
  assert.deepEqual(loadText(tokenFile(needed)).tokenFiles, [
    { path: '/f', account: 'u@x', protocol: 'SMTP', format: 'sasl-xoauth2', mode: 0o600 },
  ])
})

test('protocol, owner, group, mode, a path at home, and every output format are taken', () => {
  for (const format of [
    'xoauth2',
    'xoauth2-b64',
    'oauthbearer',
    'oauthbearer-b64',
    'token',
    'json',
  ]) {
    const keys =
      `path = "~/f"\naccount = "u@x"\nformat = "${format}"\nprotocol = "IMAP"\n` +
      'mode = "0640"\nowner = "root"\ngroup = "postfix"\n'
    assert.deepEqual(loadText(tokenFile(keys)).tokenFiles, [
      {
        path: `${homedir()}/f`,
        account: 'u@x',
        format,
        protocol: 'IMAP',
        mode: 0o640,
        owner: 'root',
        group: 'postfix',
      },
    ])
  }
})

test('what is missing or misspelt is named with its line', () => {
  assertRefused('account = "u@x"\nformat = "token"\n', 'FILE:5: key "path": is missing')
  assertRefused('path = "/f"\nformat = "token"\n', 'FILE:5: key "account": is missing')
  assertRefused(
    'path = "/f"\naccount = "u@x"\n',
    'FILE:5: key "format": is missing: it is one of sasl-xoauth2, xoauth2, xoauth2-b64, oauthbearer, oauthbearer-b64, token, json',
  )
  assertRefused(
    `${needed}mood = "0640"\n`,
    'FILE:9: key "mood": is not known',
    'did you mean "mode"?',
  )
  assertRefused(
    `${needed}protocol = "smtp"\n`,
    'FILE:9: key "protocol": must be one of SMTP, IMAP, POP',
  )
})

test('[token_file] in single brackets is told how to begin', () => {
  const [code, message, hint] = refusalOf(`${account}[token_file]\n${needed}`)
  assert.deepEqual(
    [code, message, hint],
    [
      'config_invalid',
      'FILE:5: key "token_file": must be an array',
      'begin the section with [[token_file]]',
    ],
  )
})

test('a path that names no file is refused', () => {
  const cases = {
    'tokens/f': 'must be an absolute path, or start with "~/"',
    '/tokens/': 'must name a file, not a directory',
    '/tokens/..': 'must name a file, not a directory',
  }
  for (const [path, what] of Object.entries(cases)) {
    assertRefused(needed.replace('/f', path), `FILE:6: key "path": ${what}`)
  }
})

test('the account of a token file must be configured', () => {
  assertRefused(
    needed.replace('u@x', 'U@x'),
    'FILE:7: key "account": names "U@x", which no [[account]] has',
    'correct the address (case matters) or add the [[account]]',
  )
})

test('a path that is something else already is refused', () => {
  const others = [
    `[[token_file]]\n${needed}`,
    '[[socket]]\npath = "/f"\n',
    '[control]\npath = "/f"\n',
    '[store]\nkey_file = "/f"\n',
    '[[account]]\nuser = "v@x"\nprovider = "office365"\nclient_id = "c"\nclient_secret_file = "/f"\n',
  ]
  for (const other of others) {
    const again = `[[token_file]]\n${needed.replace('/f', '/x/..//f')}`
    const [code, message, hint] = refusalOf(account + other + again)
    assert.equal(code, 'config_invalid')
    assert.match(message ?? '', /^FILE:\d+: key "path": "\/f" is used for something else$/)
    assert.equal(hint, 'give each [[token_file]] a path of its own')
  }
})
