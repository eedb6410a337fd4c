/** [[bridge]]: what is taken, and how the rest is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, assertRefused, loadText } from './load-text.ts'

const needed = 'protocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["u@x"]\n'
const second =
  '[[account]]\nuser = "v@y"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const other =
  '[[account]]\nuser = "w@z"\nprovider = "oidc"\nclient_id = "c"\nscopes = ["mail"]\nauthority = "https://z"\n'

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
  networks: [],
  tls: 'off',
  waitMs: 10_000,
  mode: 0o600,
}

test('a bridge asks for passwords and has the server and limit of the provider', () => {
  assert.deepEqual(loadText(bridge(needed)).bridges, [plainBridge])
})

test('every key is taken', () => {
  const keys =
    'protocol = "SMTP"\nlisten = ["[::1]:1587", "192.168.7.2:25", "/run/b.sock"]\n' +
    'accounts = ["u@x", "v@y"]\naccount = "v@y"\naccount_by_sender = true\n' +
    'users = { printer = "u@x" }\nnetworks = ["192.168.7.0/24", "FD12:0::/16", "10.1.2.3"]\n' +
    'tls = "required"\ncertificate_file = "/etc/b.pem"\nkey_file = "/etc/b.key"\ncaller = ["password", "peer"]\nallow = { users = ["www-data"] }\n' +
    'server = "mail.z:465"\nconnections = 7\nwait = "2s"\nmode = "0660"\nowner = "root"\ngroup = "mail"\n'
  assert.deepEqual(loadText(bridge(keys, account + second)).bridges, [
    {
      protocol: 'SMTP',
      listen: [
        { host: '::1', port: 1587 },
        { host: '192.168.7.2', port: 25 },
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
      networks: ['192.168.7.0/24', 'fd12::/16', '10.1.2.3/32'],
      tls: 'required',
      certificate: { path: '/etc/b.pem', keyPath: '/etc/b.key' },
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
const refusals: [keys: string, place: string][] = [
  [needed.replace('"SMTP"', '"NNTP"'), '6: key "protocol"'],
  [`${needed.replace('"SMTP"', '"IMAP"')}server = "smtp.x:587"\n`, '9: key "server"'],
  [`${needed.replace('"SMTP"', '"POP"')}server = "imap.x:143"\n`, '9: key "server"'],
  [
    `${needed.replace('"SMTP"', '"IMAP"')}caller = ["peer"]\naccount_by_sender = true\n`,
    '10: key "account_by_sender"',
  ],
  [needed.replace('protocol = "SMTP"\n', ''), '5: key "protocol"'],
  [needed.replace('accounts = ["u@x"]\n', ''), '5: key "accounts"'],
  [needed.replace(/^listen.*\n/m, ''), '5: key "listen"'],
  [
    `${needed}name = "a"\n[[bridge]]\n${needed.replace('1587', '1588')}name = "a"\n`,
    '14: key "name"',
  ],
  [needed.replace('["u@x"]', '[]'), '8: key "accounts"'],
  [needed.replace('127.0.0.1', 'localhost'), '7: key "listen"'],
  [needed.replace('1587', '0'), '7: key "listen"'],
  [needed.replace('1587', '65536'), '7: key "listen"'],
  [needed.replace('"127.0.0.1:1587"', '["127.0.0.1:1", "127.0.0.1:1"]'), '7: key "listen"'],
  [`${needed}[[bridge]]\n${needed}`, '11: key "listen"'],
  [`${needed.replace('127.0.0.1:1587', '/run/s')}[[socket]]\npath = "/run/s"\n`, '7: key "listen"'],
  [`${needed}allow = { users = ["mail"] }\n`, '9: key "allow"'],
  [`${needed}account_by_sender = true\n`, '9: key "account_by_sender"'],
  [`${needed}account = "v@y"\n`, '9: key "account"'],
  [`${needed}users = { printer = "v@y" }\n`, '9: key "users"'],
  [needed.replace('u@x', 'U@x'), '8: key "accounts"'],
  [`${needed}caller = ["anybody"]\n`, '9: key "caller"'],
  [`${needed}server = "a b"\n`, '9: key "server"'],
  [`${needed}server = "imap.x:993"\n`, '9: key "server"'],
  [`${needed}connections = 0\n`, '9: key "connections"'],
  [`${needed}wait = "1h"\n`, '9: key "wait"'],
  [`${needed}tls = "on"\n`, '9: key "tls"'],
  [`${needed}tls_version = "1.0"\n`, '9: key "tls_version"'],
  ...beyondLoopback(),
  ...certificates(),
]

/** What a listener that other machines reach needs. */
function beyondLoopback(): typeof refusals {
  const refused: typeof refusals = []
  for (const listen of [
    '192.168.7.1:1587',
    '0.0.0.0:1587',
    '[::]:1587',
    '[fd00::1]:1587',
    '[::ffff:192.168.7.1]:1587',
  ]) {
    const keys = `${needed.replace('127.0.0.1:1587', listen)}tls = "implicit"\n`
    refused.push([keys, '7: key "listen"'])
  }
  const beyond = `${needed.replace('127.0.0.1', '192.168.7.1')}networks = "192.168.7.0/24"\n`
  const secure = `${beyond}tls = "required"\n`
  for (const tls of ['off', 'starttls']) {
    refused.push([`${beyond}tls = "${tls}"\n`, '10: key "tls"'])
  }
  refused.push(
    [beyond, '5: key "tls"'],
    [`${secure}plaintext = true\n`, '11: key "plaintext"'],
    [`${secure}caller = "peer"\n`, '11: key "caller"'],
    [`${secure}caller = ["peer"]\n`, '11: key "caller"'],
    [`${secure.replace('["u@x"]', '["u@x", "v@y"]')}caller = ["network"]\n`, '11: key "caller"'],
    [
      `${secure.replace('["u@x"]', '["u@x", "v@y"]').replace('SMTP', 'IMAP')}caller = ["network"]\n`,
      '11: key "caller"',
    ],
    [`${needed}networks = "10.0.0.0/8"\n`, '9: key "networks"'],
    [`${needed}caller = ["network"]\n`, '9: key "caller"'],
    [secure.replace('"192.168.7.0/24"', '[]'), '9: key "networks"'],
    [`${needed}networks = ["office"]\n`, '9: key "networks"'],
    [`${needed}networks = ["10.0.0.0/33"]\n`, '9: key "networks"'],
  )
  for (const network of [
    '0.0.0.0/0',
    '::/0',
    '8.8.8.0/24',
    '10.0.0.0/7',
    '172.16.0.0/11',
    '172.32.0.0/16',
    '192.169.0.0/16',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '::1',
    '2001:db8::/32',
    'fc00::/6',
    'fe80::/9',
    '::ffff:10.0.0.0/104',
    '::ffff:8.8.8.8',
  ]) {
    refused.push([`${needed}networks = ["${network}"]\n`, '9: key "networks"'])
  }
  return [...refused, ...conflicts()]
}

/** Two addresses of which only one can be listened on. */
function conflicts(): typeof refusals {
  const open = 'networks = "10.0.0.0/8"\ntls = "required"\n'
  return [
    ['0.0.0.0:1587', '127.0.0.1:1587'],
    ['127.0.0.1:1587', '0.0.0.0:1587'],
    ['[::]:1587', '127.0.0.1:1587'],
    ['[::]:1587', '0.0.0.0:1587'],
    ['[::]:1587', '[::1]:1587'],
  ].flatMap(([one = '', other = '']): typeof refusals => {
    const keys = `${needed.replace('"127.0.0.1:1587"', `["${one}", "${other}"]`)}${open}`
    const bridgeAt = (address: string) =>
      `${needed.replace('127.0.0.1:1587', address)}${address.includes('127.') || address.includes('::1') ? '' : open}`
    const first = bridgeAt(one)
    const line = first.split('\n').length + 7
    return [
      [keys, '7: key "listen"'],
      [`${first}[[bridge]]\n${bridgeAt(other)}`, `${line}: key "listen"`],
    ]
  })
}

function certificates(): typeof refusals {
  return [
    [`${needed}tls = "starttls"\ncertificate_file = "/c"\n`, '10: key "certificate_file"'],
    [`${needed}tls = "starttls"\nkey_file = "/k"\n`, '10: key "key_file"'],
    [`${needed}certificate_file = "/c"\nkey_file = "/k"\n`, '9: key "certificate_file"'],
  ]
}

for (const [keys, place] of refusals) {
  const own = keys.split('\n').filter((line) => line !== '' && !needed.includes(line))
  const what = [place, ...own].join('; ')
  test(`refused: ${what}`, () => assertRefused(bridge(keys), place, what))
}

for (const [protocol, example] of [
  ['SMTP', 'smtp.domain.com:587'],
  ['IMAP', 'imap.domain.com:993'],
  ['POP', 'pop.domain.com:995'],
] as const) {
  test(`a server that nobody knows must be named: ${protocol}`, () => {
    const keys = needed.replace('u@x', 'w@z').replace('SMTP', protocol)
    const names = { user: '"w@z"', example }
    assertRefused(bridge(keys, other), '7: key "server"', `no ${protocol} server`, names)
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

test('devices that cannot log in may be let in where an account is chosen for them', () => {
  const beyond = `${needed.replace('127.0.0.1', '0.0.0.0')}networks = "fe80::/64"\nplaintext = true\n`
  const [taken = plainBridge] = loadText(bridge(`${beyond}caller = ["network"]\n`)).bridges
  assert.deepEqual([taken.callers, taken.account], [['network'], 'u@x'])
  const both = beyond.replace('["u@x"]', '["u@x", "v@y"]')
  for (const more of ['account = "v@y"', 'account_by_sender = true']) {
    const { bridges } = loadText(bridge(`${both}${more}\ncaller = ["network"]\n`, account + second))
    assert.equal(bridges.length, 1)
  }
})
