/** How a file is refused whose keys or values are wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, refusalOf } from './load-text.ts'

const seeHelp = 'see "cms-oauthd --help-config" for every key and its values'

/** Loads once per case: [what the file says, message, hint]. */
const refusals: Record<string, [toml: string, message: string, hint: string][]> = {
  'a key that is not known is named with its line and the nearest known one': [
    [`${account}tenent = "t"`, 'FILE:5: key "tenent": is not known', 'did you mean "tenant"?'],
    [`[acount]\n${account}`, 'FILE:1: key "acount": is not known', 'did you mean "account"?'],
    [
      `${account}[[socket]]\nallow = { user = ["x"] }`,
      'FILE:6: key "user": is not known',
      'did you mean "users"?',
    ],
    [
      `${account}sasl_user = { smtp = "s@x" }`,
      'FILE:5: key "smtp": is not known',
      'did you mean "SMTP"?',
    ],
    [`${account}wholly_other = 1`, 'FILE:5: key "wholly_other": is not known', seeHelp],
    [`${account}"a\\n\\u001b" = 1`, 'FILE:5: key "a\\n\\u001b": is not known', seeHelp],
    [`${account}[__proto__]\nx = 1`, 'FILE:5: key "__proto__": is not known', seeHelp],
  ],
  'a value of the wrong type is told as such': [
    [`${account}tenant = 5`, 'FILE:5: key "tenant": must be a string', seeHelp],
    [
      `${account}[[socket]]\nprotocols = "SMTP"`,
      'FILE:6: key "protocols": must be an array',
      seeHelp,
    ],
    [`${account}sasl_user = 5`, 'FILE:5: key "sasl_user": must be a table', seeHelp],
    [
      `${account}[[socket]]\naccounts = [\n  "u@x",\n  5\n]`,
      'FILE:8: key "accounts": must be a string',
      seeHelp,
    ],
  ],
  'a section with the wrong brackets is told the right ones': [
    [
      '[account]\nuser = "u@x"',
      'FILE:1: key "account": must be an array',
      'begin the section with [[account]]',
    ],
    [`${account}[[log]]`, 'FILE:5: key "log": must be a table', 'begin the section with [log]'],
  ],
  'a value that is none of the known ones is shown them': [
    [
      account.replace('office365', 'outlook'),
      'FILE:3: key "provider": must be one of office365, gmail, oidc',
      seeHelp,
    ],
    [
      `${account}[log]\nlevel = "trace"`,
      'FILE:6: key "level": must be one of debug, info, warn, error',
      seeHelp,
    ],
  ],
  'a key that is missing has the line of its section': [
    [`\n${account.replace(/client_id.*/, '')}`, 'FILE:2: key "client_id": is missing', seeHelp],
    [`${account}[notify]\n`, 'FILE:5: key "command": is missing', seeHelp],
    [
      `\n${account.replace(/provider.*/, '')}`,
      'FILE:2: key "provider": is missing: it is one of office365, gmail, oidc',
      seeHelp,
    ],
    ['# nothing', 'FILE:1: key "account": is missing', seeHelp],
    ['account = []', 'FILE:1: key "account": must name an account: add [[account]]', seeHelp],
  ],
  'an account that stands there twice is refused': [
    [
      account + account,
      'FILE:6: key "user": "u@x" is listed twice',
      'remove one of the two [[account]] entries',
    ],
  ],
  'a socket that names an account which is not there is refused': [
    [
      `${account}[[socket]]\naccounts = ["u@x", "U@x"]`,
      'FILE:6: key "accounts": names "U@x", which no [[account]] has',
      'correct the address (case matters) or add the [[account]]',
    ],
    [
      `${account}[[socket]]\naccounts = []`,
      'FILE:6: key "accounts": must not be empty: without it, all accounts are served',
      seeHelp,
    ],
  ],
  'two sockets with one path are refused, given or default, token or control': [
    [
      `${account}[[socket]]\npath = "/run/a"\n[[socket]]\npath = "/run/a"`,
      'FILE:8: key "path": "/run/a" is listed twice',
      'give each [[socket]], and [control], a path of its own',
    ],
    [
      `${account}[[socket]]\n[[socket]]`,
      'FILE:6: key "path": "/run/user/1/cms-oauth/cms.sock" is listed twice',
      'give each [[socket]], and [control], a path of its own',
    ],
    [
      `${account}[control]\npath = "/run/a"\n[[socket]]\npath = "/run/./b/..//a"`,
      'FILE:8: key "path": "/run/a" is listed twice',
      'give each [[socket]], and [control], a path of its own',
    ],
  ],
  'the place of the key goes with the kind of key': [
    [
      `${account}[store]\nkey = "credential"\nkey_file = "/k"`,
      'FILE:7: key "key_file": requires key = "file"',
      seeHelp,
    ],
    [
      `${account}[store]\nkey = "keyring"\nkey_credential = "k"`,
      'FILE:7: key "key_credential": requires key = "credential"',
      seeHelp,
    ],
    [
      `${account}[store]\nkey = "command"`,
      'FILE:6: key "key": "command" needs key_command = ["program", "argument"]',
      seeHelp,
    ],
  ],
}

for (const [title, cases] of Object.entries(refusals)) {
  test(title, () => {
    for (const [toml, message, hint] of cases) {
      assert.deepEqual(refusalOf(toml), ['config_invalid', message, hint])
    }
  })
}

test('several problems have a line each, misspelt keys first, with their next step', () => {
  const [code, message, hint] = refusalOf(
    '[[account]]\nuser = 5\nprovider = "office365"\nclient_idd = "c"\n',
  )
  assert.deepEqual(
    [code, message?.split('\n'), hint],
    [
      'config_invalid',
      [
        'FILE:4: key "client_idd": is not known (did you mean "client_id"?)',
        'FILE:2: key "user": must be a string',
      ],
      seeHelp,
    ],
  )
})

test('a file that is wrong all over is refused in few lines', () => {
  const [, message = ''] = refusalOf('[[account]]\n'.repeat(2_000))
  const lines = message.split('\n')
  assert.equal(lines.length, 21)
  assert.equal(lines.at(-1), 'FILE: and 3980 more')
})
