/** [[bridge]]: what is taken, and how the rest is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCmsOauthError } from '../../src/errors.ts'
import { account, loadText } from './load-text.ts'

const needed = 'protocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["u@x"]\n'
const second =
  '[[account]]\nuser = "v@y"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const other =
  '[[account]]\nuser = "w@z"\nprovider = "oidc"\nclient_id = "c"\nscopes = ["mail"]\nauthority = "https://z"\n'

/** How the loader refuses a file with this text. */
function refusalOf(toml: string): string[] {
  try {
    loadText(toml)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [error.code, error.message, error.hint]
  }
  return []
}

function bridge(keys: string, accounts = account): string {
  return `${accounts}[[bridge]]\n${keys}`
}

const plainBridge = {
  protocol: 'SMTP',
  listen: [{ host: '127.0.0.1', port: 1587 }],
  accounts: [{ user: 'u@x', server: 'smtp.office365.com', connections: 3 }],
  account: 'u@x',
  accountBySender: false,
  users: [],
  callers: ['password'],
  waitMs: 10_000,
  mode: 0o600,
}

test('a bridge asks for passwords and has the server and limit of the provider', () => {
  assert.deepEqual(loadText(bridge(needed)).bridges, [plainBridge])
})

test('every key is taken', () => {
  const keys =
    'protocol = "SMTP"\nlisten = ["[::1]:1587", "127.0.0.2:25", "/run/b.sock"]\n' +
    'accounts = ["u@x", "v@y"]\naccount = "v@y"\naccount_by_sender = true\n' +
    'users = { printer = "u@x" }\ncaller = ["password", "peer"]\nallow = { users = ["www-data"] }\n' +
    'server = "mail.z:465"\nconnections = 7\nwait = "2s"\nmode = "0660"\nowner = "root"\ngroup = "mail"\n'
  assert.deepEqual(loadText(bridge(keys, account + second)).bridges, [
    {
      protocol: 'SMTP',
      listen: [
        { host: '::1', port: 1587 },
        { host: '127.0.0.2', port: 25 },
        { path: '/run/b.sock' },
      ],
      accounts: [
        { user: 'u@x', server: 'mail.z:465', connections: 7 },
        { user: 'v@y', server: 'mail.z:465', connections: 7 },
      ],
      account: 'v@y',
      accountBySender: true,
      users: [{ name: 'printer', user: 'u@x' }],
      callers: ['password', 'peer'],
      allow: { users: ['www-data'], groups: [] },
      waitMs: 2_000,
      mode: 0o660,
      owner: 'root',
      group: 'mail',
    },
  ])
})

test('a bridge with the name of a socket of systemd needs no address of its own', () => {
  const keys = needed.replace(/^listen.*$/m, 'name = "submission"')
  assert.deepEqual(loadText(bridge(keys)).bridges, [
    { ...plainBridge, listen: [], name: 'submission' },
  ])
})

test('of several accounts none is chosen for who names none', () => {
  const keys = needed.replace('["u@x"]', '["u@x", "v@y"]')
  const [{ account: named, accounts } = plainBridge] = loadText(
    bridge(keys, account + second),
  ).bridges
  assert.equal(named, undefined)
  assert.deepEqual(accounts[1], { user: 'v@y', server: 'smtp.gmail.com', connections: 10 })
})

/** What is written, what is told of it, and the next step where there is a better one than the help. */
const refusals: [string, string, string?][] = [
  [needed.replace('"SMTP"', '"NNTP"'), 'FILE:6: key "protocol": must be one of SMTP, IMAP, POP'],
  [
    `${needed.replace('"SMTP"', '"IMAP"')}server = "smtp.x:587"\n`,
    'FILE:9: key "server": must be HOST or HOST:PORT, like "outlook.office365.com:993"',
  ],
  [
    `${needed.replace('"SMTP"', '"POP"')}server = "imap.x:143"\n`,
    'FILE:9: key "server": must be HOST or HOST:PORT, like "outlook.office365.com:995"',
  ],
  [
    `${needed.replace('"SMTP"', '"IMAP"')}caller = ["peer"]\naccount_by_sender = true\n`,
    'FILE:10: key "account_by_sender": requires protocol = "SMTP": nothing else names a sender',
  ],
  [
    needed.replace('protocol = "SMTP"\n', ''),
    'FILE:5: key "protocol": is missing: it is one of SMTP, IMAP, POP',
  ],
  [needed.replace('accounts = ["u@x"]\n', ''), 'FILE:5: key "accounts": is missing'],
  [
    needed.replace(/^listen.*\n/m, ''),
    'FILE:5: key "listen": is missing: say where, like "127.0.0.1:1587", or set "name" for a socket of systemd',
  ],
  [
    `${needed}name = "a"\n[[bridge]]\n${needed.replace('1587', '1588')}name = "a"\n`,
    'FILE:14: key "name": "a" is listed twice',
    'give each [[bridge]] and each [[socket]] a name of its own',
  ],
  [
    needed.replace('["u@x"]', '[]'),
    'FILE:8: key "accounts": must not be empty: no account is served unless it is listed',
  ],
  [
    needed.replace('127.0.0.1', '192.168.7.1'),
    'FILE:7: key "listen": must be an address of this machine alone, like "127.0.0.1:1587": a bridge does not serve other machines yet',
  ],
  [
    needed.replace('127.0.0.1', '0.0.0.0'),
    'FILE:7: key "listen": must be an address of this machine alone, like "127.0.0.1:1587": a bridge does not serve other machines yet',
  ],
  [
    needed.replace('127.0.0.1', 'localhost'),
    'FILE:7: key "listen": must be ADDRESS:PORT, like "127.0.0.1:1587", or the path of a socket',
  ],
  [
    needed.replace('1587', '0'),
    'FILE:7: key "listen": must be ADDRESS:PORT, like "127.0.0.1:1587", or the path of a socket',
  ],
  [
    needed.replace('1587', '65536'),
    'FILE:7: key "listen": must be ADDRESS:PORT, like "127.0.0.1:1587", or the path of a socket',
  ],
  [
    needed.replace('"127.0.0.1:1587"', '["127.0.0.1:1", "127.0.0.1:1"]'),
    'FILE:7: key "listen": has an address that is listed twice',
  ],
  [
    `${needed}[[bridge]]\n${needed}`,
    'FILE:11: key "listen": "127.0.0.1:1587" is listed twice',
    'give each [[bridge]] and each [[socket]] an address of its own',
  ],
  [
    `${needed.replace('127.0.0.1:1587', '/run/s')}[[socket]]\npath = "/run/s"\n`,
    'FILE:7: key "listen": "/run/s" is listed twice',
    'give each [[bridge]] and each [[socket]] an address of its own',
  ],
  [
    `${needed}allow = { users = ["mail"] }\n`,
    'FILE:9: key "allow": requires "peer" in "caller": a password is asked of everybody else',
  ],
  [
    `${needed}account_by_sender = true\n`,
    'FILE:9: key "account_by_sender": requires "peer" in "caller": a password names its account',
  ],
  [
    `${needed}account = "v@y"\n`,
    'FILE:9: key "account": names "v@y", which is not in "accounts"',
    'correct the address (case matters) or add it to "accounts"',
  ],
  [
    `${needed}users = { printer = "v@y" }\n`,
    'FILE:9: key "users": names "v@y", which is not in "accounts"',
    'correct the address (case matters) or add it to "accounts"',
  ],
  [
    needed.replace('u@x', 'U@x'),
    'FILE:8: key "accounts": names "U@x", which no [[account]] has',
    'correct the address (case matters) or add the [[account]]',
  ],
  [`${needed}caller = ["network"]\n`, 'FILE:9: key "caller": must be one of password, peer'],
  [
    `${needed}server = "a b"\n`,
    'FILE:9: key "server": must be HOST or HOST:PORT, like "smtp.office365.com:587"',
  ],
  [
    `${needed}server = "imap.x:993"\n`,
    'FILE:9: key "server": must be HOST or HOST:PORT, like "smtp.office365.com:587"',
  ],
  [`${needed}connections = 0\n`, 'FILE:9: key "connections": must be at least 1'],
  [
    `${needed}wait = "1h"\n`,
    'FILE:9: key "wait": must be at most 10s: programs give up soon after',
  ],
  [`${needed}tls = "off"\n`, 'FILE:9: key "tls": is not known'],
]

for (const [keys, message, hint] of refusals) {
  test(`refused: ${message}`, () => {
    const [code, told, toldHint] = refusalOf(bridge(keys))
    assert.deepEqual([code, told], ['config_invalid', message])
    if (hint !== undefined) assert.equal(toldHint, hint)
  })
}

for (const [protocol, example] of [
  ['SMTP', 'smtp.domain.com:587'],
  ['IMAP', 'imap.domain.com:993'],
  ['POP', 'pop.domain.com:995'],
] as const) {
  test(`a server that nobody knows must be named: ${protocol}`, () => {
    const keys = needed.replace('u@x', 'w@z').replace('SMTP', protocol)
    const [code, told, hint] = refusalOf(bridge(keys, other))
    assert.deepEqual(
      [code, told, hint],
      [
        'config_invalid',
        `FILE:7: key "server": is missing: the ${protocol} server of "w@z" is not known`,
        `name it, like server = "${example}"`,
      ],
    )
    assert.equal(loadText(bridge(`${keys}server = "mail.z"\n`, other)).bridges.length, 1)
  })
}

for (const [protocol, office365, gmail] of [
  ['IMAP', 'outlook.office365.com', 'imap.gmail.com'],
  ['POP', 'outlook.office365.com', 'pop.gmail.com'],
] as const) {
  test(`${protocol} has the servers of the providers, and ten connections`, () => {
    const keys = needed.replace('SMTP', protocol).replace('["u@x"]', '["u@x", "v@y"]')
    const [{ accounts } = plainBridge] = loadText(bridge(keys, account + second)).bridges
    assert.deepEqual(accounts, [
      { user: 'u@x', server: office365, connections: 10 },
      { user: 'v@y', server: gmail, connections: 10 },
    ])
  })
}
