/** How a file is refused whose keys or values are wrong. */
import { test } from 'node:test'
import { account, assertRefused } from './load-text.ts'

/** Loads once per case: what the file says, the line and key that are named, and what else is. */
const refusals: Record<string, [toml: string, place: string, sentence: string, named?: string][]> =
  {
    'a key that is not known is named with its line and the nearest known one': [
      [`${account}tenent = "t"`, '5: key "tenent"', 'unknown, with the nearest', '"tenant"'],
      [`[acount]\n${account}`, '1: key "acount"', 'unknown, with the nearest', '"account"'],
      [
        `${account}[[socket]]\nallow = { user = ["x"] }`,
        '6: key "user"',
        'unknown, with the nearest',
        '"users"',
      ],
      [
        `${account}sasl_user = { smtp = "s@x" }`,
        '5: key "smtp"',
        'unknown, with the nearest',
        '"SMTP"',
      ],
      [`${account}wholly_other = 1`, '5: key "wholly_other"', 'unknown'],
      [`${account}"a\\n\\u001b" = 1`, '5: key "a\\n\\u001b"', 'unknown'],
      [`${account}[__proto__]\nx = 1`, '5: key "__proto__"', 'unknown'],
    ],
    'a value of the wrong type is told as such': [
      [`${account}tenant = 5`, '5: key "tenant"', 'must be a string'],
      [`${account}[[socket]]\nprotocols = "SMTP"`, '6: key "protocols"', 'must be an array'],
      [`${account}sasl_user = 5`, '5: key "sasl_user"', 'must be a table'],
      [
        `${account}[[socket]]\naccounts = [\n  "u@x",\n  5\n]`,
        '8: key "accounts"',
        'must be a string',
      ],
    ],
    'a name in a table that cannot be one is told why': [
      [
        `${account}[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1"\naccounts = ["u@x"]\nusers = { "m\u00fcller" = "u@x" }`,
        '9: key "m\u00fcller"',
        'not a user name',
      ],
      [
        `${account}[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1"\naccounts = ["u@x"]\nusers = { "" = "u@x" }`,
        '9: key ""',
        'not a user name',
      ],
      [
        `${account}[[outbox]]\naccount = "u@x"\naliases = { "a b" = "c@y" }`,
        '7: key "a b"',
        'not a name of an alias',
      ],
    ],
    'a section with the wrong brackets is told the right ones': [
      ['[account]\nuser = "u@x"', '1: key "account"', 'brackets of a list', '[[account]]'],
      [`${account}[[log]]`, '5: key "log"', 'brackets of a section', '[log]'],
    ],
    'a value that is none of the known ones is shown them': [
      [
        account.replace('office365', 'outlook'),
        '3: key "provider"',
        'another name of one of them',
        'office365, gmail, oidc',
      ],
      [
        `${account}[log]\nlevel = "trace"`,
        '6: key "level"',
        'not one of them',
        'debug, info, warn, error',
      ],
    ],
    'a key that is missing has the line of its section': [
      [`\n${account.replace(/client_id.*/, '')}`, '2: key "client_id"', 'is missing'],
      [`${account}[notify]\n`, '5: key "command"', 'is missing'],
      [
        `\n${account.replace(/provider.*/, '')}`,
        '2: key "provider"',
        'is missing, one of',
        'office365, gmail, oidc',
      ],
      ['# nothing', '1: key "account"', 'is missing'],
      ['account = []', '1: key "account"', 'must name an account'],
    ],
    'an account that is listed twice is refused': [
      [account + account, '6: key "user"', 'an account twice', '"u@x"'],
    ],
    'a socket that names an account which is not there is refused': [
      [
        `${account}[[socket]]\naccounts = ["u@x", "U@x"]`,
        '6: key "accounts"',
        'no such account',
        '"U@x"',
      ],
      [`${account}[[socket]]\naccounts = []`, '6: key "accounts"', 'must not be empty'],
    ],
    'two sockets with one path are refused, given or default, token or control': [
      [
        `${account}[[socket]]\npath = "/run/a"\n[[socket]]\npath = "/run/a"`,
        '8: key "path"',
        'a path twice',
        '"/run/a"',
      ],
      [
        `${account}[[socket]]\n[[socket]]`,
        '6: key "path"',
        'a path twice',
        '"/run/user/1/cms-oauth/cms.sock"',
      ],
      [
        `${account}[control]\npath = "/run/a"\n[[socket]]\npath = "/run/./b/..//a"`,
        '8: key "path"',
        'a path twice',
        '"/run/a"',
      ],
    ],
    'the place of the key fits the kind of key': [
      [
        `${account}[store]\nkey = "credential"\nkey_file = "/k"`,
        '7: key "key_file"',
        'requires another key',
        'key = "file"',
      ],
      [
        `${account}[store]\nkey = "keyring"\nkey_credential = "k"`,
        '7: key "key_credential"',
        'requires another key',
        'key = "credential"',
      ],
      [`${account}[store]\nkey = "command"`, '6: key "key"', 'needs a command', 'key_command'],
    ],
  }

for (const [title, cases] of Object.entries(refusals)) {
  test(title, () => {
    for (const [toml, place, sentence, named] of cases) {
      assertRefused(toml, place, sentence, named === undefined ? {} : { named })
    }
  })
}

test('several problems have a line each, misspelt keys first, with their next step', () => {
  const toml = '[[account]]\nuser = 5\nprovider = "office365"\nclient_idd = "c"\n'
  assertRefused(toml, '4: key "client_idd"', 'several problems', {
    nearest: '"client_id"',
    second: 'FILE:2: key "user"',
  })
})
