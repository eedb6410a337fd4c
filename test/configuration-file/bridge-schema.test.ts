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
    'FILE:9: key "allow": requires "peer" in "caller": it says whose programs are let in',
  ],
  [
    `${needed}account_by_sender = true\n`,
    'FILE:9: key "account_by_sender": requires "peer" or "network" in "caller": a password names its account',
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
  [
    `${needed}caller = ["anybody"]\n`,
    'FILE:9: key "caller": must be one of password, peer, network',
  ],
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
  [`${needed}tls = "on"\n`, 'FILE:9: key "tls": must be one of off, starttls, required, implicit'],
  [`${needed}tls_version = "1.0"\n`, 'FILE:9: key "tls_version": is not known'],
  ...beyondLoopback(),
  ...certificates(),
]

/** What a listener that other machines reach needs. */
function beyondLoopback(): typeof refusals {
  const refused: typeof refusals = []
  for (const [listen, example] of [
    ['192.168.7.1:1587', '192.168.7.0/24'],
    ['0.0.0.0:1587', '192.168.7.0/24'],
    ['[::]:1587', 'fd12:3456::/32'],
    ['[fd00::1]:1587', 'fd12:3456::/32'],
    ['[::ffff:192.168.7.1]:1587', '192.168.7.0/24', '192.168.7.1:1587'],
  ]) {
    const keys = `${needed.replace('127.0.0.1:1587', listen ?? '')}tls = "implicit"\n`
    const name = listen?.replace('[::ffff:192.168.7.1]', '192.168.7.1')
    refused.push([
      keys,
      `FILE:7: key "listen": has "${name}", which other machines reach: add who may connect, like networks = ["${example}"]`,
    ])
  }
  const beyond = `${needed.replace('127.0.0.1', '192.168.7.1')}networks = "192.168.7.0/24"\n`
  const secure = `${beyond}tls = "required"\n`
  for (const tls of ['off', 'starttls']) {
    refused.push([
      `${beyond}tls = "${tls}"\n`,
      'FILE:10: key "tls": must be "required" or "implicit": other machines reach "192.168.7.1:1587"; for devices without TLS add plaintext = true',
    ])
  }
  refused.push(
    [
      beyond,
      'FILE:5: key "tls": must be "required" or "implicit": other machines reach "192.168.7.1:1587"; for devices without TLS add plaintext = true',
    ],
    [
      `${secure}plaintext = true\n`,
      'FILE:11: key "plaintext": cannot be combined with tls = "required", which takes no plain text',
    ],
    [`${secure}caller = "peer"\n`, 'FILE:11: key "caller": must be an array'],
    [
      `${secure}caller = ["peer"]\n`,
      'FILE:11: key "caller": has only "peer", and of other machines, which reach "192.168.7.1:1587", the kernel knows nobody: add "password"',
    ],
    [
      `${secure.replace('["u@x"]', '["u@x", "v@y"]')}caller = ["network"]\n`,
      'FILE:11: key "caller": has "network", and "accounts" has several: add "account", or account_by_sender = true, since such a device names none',
    ],
    [
      `${secure.replace('["u@x"]', '["u@x", "v@y"]').replace('SMTP', 'IMAP')}caller = ["network"]\n`,
      'FILE:11: key "caller": has "network", and "accounts" has several: add "account", since such a device names none',
    ],
    [
      `${needed}networks = "10.0.0.0/8"\n`,
      'FILE:9: key "networks": requires a "listen" that other machines reach, like "192.168.7.2:1587"',
    ],
    [
      `${needed}caller = ["network"]\n`,
      'FILE:9: key "caller": has "network", which requires a "listen" that other machines reach, like "192.168.7.2:1587"',
    ],
    [secure.replace('"192.168.7.0/24"', '[]'), 'FILE:9: key "networks": must not be empty'],
    [
      `${needed}networks = ["office"]\n`,
      'FILE:9: key "networks": must be networks, like "192.168.7.0/24", or addresses',
    ],
    [
      `${needed}networks = ["10.0.0.0/33"]\n`,
      'FILE:9: key "networks": has "10.0.0.0/33", and such a network has /32 at most',
    ],
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
    const isTooLong = network === '::ffff:10.0.0.0/104'
    refused.push([
      `${needed}networks = ["${network}"]\n`,
      isTooLong
        ? `FILE:9: key "networks": has "${network}", and such a network has /32 at most`
        : `FILE:9: key "networks": has "${network}", which is not within a private network: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, fc00::/7, fe80::/10`,
    ])
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
      [
        keys,
        `FILE:7: key "listen": has "${one}" and "${other}": only one of them can be listened on`,
      ],
      [
        `${first}[[bridge]]\n${bridgeAt(other)}`,
        `FILE:${line}: key "listen": "${other}" is listed, and so is "${one}": only one of them can be listened on`,
      ],
    ]
  })
}

function certificates(): typeof refusals {
  return [
    [
      `${needed}tls = "starttls"\ncertificate_file = "/c"\n`,
      'FILE:10: key "certificate_file": requires key_file',
    ],
    [
      `${needed}tls = "starttls"\nkey_file = "/k"\n`,
      'FILE:10: key "key_file": requires certificate_file',
    ],
    [
      `${needed}certificate_file = "/c"\nkey_file = "/k"\n`,
      'FILE:9: key "certificate_file": requires tls = "starttls", "required" or "implicit"',
    ],
  ]
}

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
