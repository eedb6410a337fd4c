/** [[token_file]]: what is taken, and how the rest is refused. */
import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { test } from 'node:test'
import { account, assertRefused, loadText } from './load-text.ts'

const needed = 'path = "/f"\naccount = "u@x"\nformat = "sasl-xoauth2"\n'

function tokenFile(keys: string): string {
  return `${account}[[token_file]]\n${keys}`
}

function assertFileRefused(keys: string, place: string, sentence: string, named?: string): void {
  assertRefused(tokenFile(keys), place, sentence, named === undefined ? {} : { named })
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
  assertFileRefused('account = "u@x"\nformat = "token"\n', '5: key "path"', 'is missing')
  assertFileRefused('path = "/f"\nformat = "token"\n', '5: key "account"', 'is missing')
  assertFileRefused(
    'path = "/f"\naccount = "u@x"\n',
    '5: key "format"',
    'is missing, one of',
    'sasl-xoauth2, xoauth2, xoauth2-b64, oauthbearer, oauthbearer-b64, token, json',
  )
  assertFileRefused(`${needed}mood = "0640"\n`, '9: key "mood"', 'unknown', '"mode"')
  assertFileRefused(
    `${needed}protocol = "smtp"\n`,
    '9: key "protocol"',
    'not one of them',
    'SMTP, IMAP, POP',
  )
})

test('[token_file] in single brackets is told how to begin', () => {
  const toml = `${account}[token_file]
${needed}`
  assertRefused(toml, '5: key "token_file"', 'wrong brackets', { named: '[[token_file]]' })
})

test('a path that is not of a file is refused', () => {
  const cases = { 'tokens/f': 'not absolute', '/tokens/': 'not a file', '/tokens/..': 'not a file' }
  for (const [path, sentence] of Object.entries(cases)) {
    assertFileRefused(needed.replace('/f', path), '6: key "path"', sentence)
  }
})

test('the account of a token file must be configured', () => {
  assertFileRefused(needed.replace('u@x', 'U@x'), '7: key "account"', 'no such account', '"U@x"')
})

const bridge = '[[bridge]]\nprotocol = "SMTP"\naccounts = ["u@x"]\n'
const outbox = '[[outbox]]\naccount = "u@x"\nvia = "smtp"\n'

test('a path that is something else already is refused', () => {
  const others = [
    `[[token_file]]\n${needed}`,
    '[[socket]]\npath = "/f"\n',
    '[control]\npath = "/f"\n',
    '[store]\nkey_file = "/f"\n',
    '[[account]]\nuser = "v@x"\nprovider = "office365"\nclient_id = "c"\nclient_secret_file = "/f"\n',
    `${bridge}listen = "/f"\n`,
    `${bridge}listen = "/s"\ntls = "required"\ncertificate_file = "/f"\nkey_file = "/k"\n`,
    `${bridge}listen = "/s"\ntls = "required"\ncertificate_file = "/c"\nkey_file = "/f"\n`,
    `${outbox}listen = "/f"\n`,
    `${outbox}listen = "/s"\ntls = "required"\ncertificate_file = "/f"\nkey_file = "/k"\n`,
  ]
  for (const other of others) {
    const again = `[[token_file]]\n${needed.replace('/f', '/x/..//f')}`
    const toml = account + other + again
    const line = toml.slice(0, toml.lastIndexOf('path =')).split('\n').length
    assertRefused(toml, `${line}: key "path"`, 'used for something else', { path: '"/f"' })
  }
})

test('a token file cannot take the file of the metrics', () => {
  const toml = `${account}[metrics]\ntextfile = "/f.prom"\n[[token_file]]\n${needed.replace('/f', '/f.prom')}`
  const line = toml.slice(0, toml.lastIndexOf('path =')).split('\n').length
  assertRefused(toml, `${line}: key "path"`, 'used for something else', { path: '"/f.prom"' })
})
