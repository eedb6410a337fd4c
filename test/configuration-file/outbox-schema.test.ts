/** [[outbox]]: what is taken, what follows from it, and how the rest is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCmsOauthError } from '../../src/errors.ts'
import { loadText } from './load-text.ts'

const gmail =
  '[[account]]\nuser = "n@x"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const office = '[[account]]\nuser = "o@x"\nprovider = "office365"\nclient_id = "c"\n'
const oidc =
  '[[account]]\nuser = "i@x"\nprovider = "oidc"\nclient_id = "c"\nscopes = ["mail"]\nauthority = "https://z"\n'
const aliases = 'aliases = { root = "me@y", "*" = "root" }\n'

function outbox(keys: string, before = gmail): string {
  return `${before}[[outbox]]\n${keys}`
}

function refusalOf(toml: string): string {
  try {
    loadText(toml)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return `${error.code} ${error.message} (${error.hint})`
  }
  return 'taken'
}

test('an outbox of Gmail sends by the API, and what is not said has its default', () => {
  const [loaded] = loadText(outbox(`account = "n@x"\n${aliases}`)).outboxes
  assert.ok(loaded !== undefined)
  const { spool, ...rest } = loaded
  assert.match(spool, /\/outbox\/outbox$/)
  assert.deepEqual(rest, {
    name: 'outbox',
    account: 'n@x',
    route: { via: 'gmail-api', origin: 'https://gmail.googleapis.com' },
    path: '/run/user/1/cms-oauth/outbox.sock',
    mode: 0o600,
    rules: {
      from: 'n@x',
      fromAllowed: [],
      fromName: '{name} ({user} on {host})',
      aliases: { root: ['me@y'], '*': ['root'] },
      localDomains: [],
      maxSize: 36_700_160,
      tooLarge: 'cut',
      noticeTo: ['me@y'],
      encoding: 'api',
    },
    perHour: 60,
    keepTryingMs: 5 * 86_400_000,
    retryMs: [30, 60, 120, 300, 600, 1_200, 1_800, 3_600].map((seconds) => seconds * 1_000),
    quota: { messages: 1_000, bytes: 100 * 1_024 ** 2 },
  })
})

test('every key is taken', () => {
  const keys =
    'account = "n@x"\nvia = "gmail-api"\napi = "https://api.test:8443/"\nname = "notices"\npath = "/run/o.sock"\n' +
    'mode = "0666"\nowner = "root"\ngroup = "mail"\nallow = { users = ["www-data"], groups = ["staff"] }\n' +
    'from = "keep-allowed"\nfrom_allowed = ["a@y"]\nfrom_name = "{name}"\naliases = { root = ["me@y", "you@y"] }\n' +
    'recipients = ["me@y", "@z", "*"]\nper_hour = 5\nmax_size = "1MiB"\ntoo_large = "refuse"\nkeep_trying = "1d"\n' +
    'retry = ["1s", "2m"]\nnotice_to = "them@y"\nlocal_domains = ["y.lan"]\nquota_messages = 7\nquota_size = "2KiB"\n'
  const [loaded] = loadText(outbox(keys)).outboxes
  assert.ok(loaded !== undefined)
  const { spool, ...rest } = loaded
  assert.match(spool, /\/outbox\/notices$/)
  assert.deepEqual(rest, {
    name: 'notices',
    account: 'n@x',
    route: { via: 'gmail-api', origin: 'https://api.test:8443' },
    path: '/run/o.sock',
    mode: 0o666,
    owner: 'root',
    group: 'mail',
    allow: { users: ['www-data'], groups: ['staff'] },
    rules: {
      from: 'n@x',
      fromAllowed: ['a@y'],
      fromName: '{name}',
      aliases: { root: ['me@y', 'you@y'] },
      recipients: ['me@y', '@z', '*'],
      localDomains: ['y.lan'],
      maxSize: 1_024 ** 2,
      tooLarge: 'refuse',
      noticeTo: ['them@y'],
      encoding: 'api',
    },
    perHour: 5,
    keepTryingMs: 86_400_000,
    retryMs: [1_000, 120_000],
    quota: { messages: 7, bytes: 2_048 },
  })
})

const routes: [string, string, object][] = [
  ['account = "o@x"', office, { via: 'graph', origin: 'https://graph.microsoft.com' }],
  [
    'account = "o@x"',
    `${office}cloud = "china"\n`,
    { via: 'graph', origin: 'https://microsoftgraph.chinacloudapi.cn' },
  ],
  ['account = "o@x"\nvia = "smtp"', office, { via: 'smtp', server: 'smtp.office365.com' }],
  ['account = "n@x"\nhost = "mail.y:465"', gmail, { via: 'smtp', server: 'mail.y:465' }],
  ['account = "i@x"\nhost = "mail.y"', oidc, { via: 'smtp', server: 'mail.y' }],
]
for (const [keys, account, route] of routes) {
  test(`${keys.replaceAll('\n', ' ')} leads to ${JSON.stringify(route)}`, () => {
    assert.deepEqual(loadText(outbox(keys, account)).outboxes[0]?.route, route)
  })
}

test('a socket for all accounts leaves out who only sends', () => {
  const byApi = loadText(outbox('account = "n@x"', gmail + office))
  assert.deepEqual(
    byApi.sockets.map(({ accounts }) => accounts),
    [['o@x']],
  )
  const bySmtp = loadText(outbox('account = "n@x"\nvia = "smtp"', gmail + office))
  assert.deepEqual(
    bySmtp.sockets.map(({ accounts }) => accounts),
    [undefined],
  )
})

test('an alias of an alias is who hears of what was abandoned, whatever the case of letters', () => {
  const keys = 'account = "n@x"\naliases = { Root = ["admin", "a@y"], admin = ["b@y", "a@y"] }'
  assert.deepEqual(loadText(outbox(keys)).outboxes[0]?.rules.noticeTo, ['b@y', 'a@y'])
})

const socket = '[[socket]]\naccounts = ["n@x"]\n'
const file = '[[token_file]]\npath = "/t"\naccount = "n@x"\nprotocol = "SMTP"\nformat = "token"\n'
const bridge =
  '[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["n@x"]\nname = "b"\n'
const refused: [string, RegExp][] = [
  [outbox(''), /key "account": is missing/],
  [outbox('account = "z@x"'), /key "account": names "z@x", which no \[\[account\]\] has/],
  [outbox('account = "n@x"\nvia = "graph"'), /"via": "graph" requires .* "office365"/],
  [outbox('account = "n@x"\nvia = "gmail-api"\nhost = "h"'), /"host": cannot be combined/],
  [outbox('account = "n@x"\nvia = "smtp"\napi = "https://h"'), /"api": cannot be combined/],
  [outbox('account = "n@x"\napi = "http://h"'), /"api": must be an https:/],
  [outbox('account = "i@x"', oidc), /"host": is missing: the SMTP server of "i@x"/],
  [outbox('account = "i@x"\nhost = "a b"', oidc), /"host": must be HOST or HOST:PORT/],
  [outbox('account = "n@x"\nname = "../up"'), /"name": must be of a-z/],
  [outbox('account = "n@x"\nfrom_allowed = ["a@y"]'), /"from_allowed": requires from/],
  [outbox('account = "n@x"\nfrom = "keep-allowed"'), /"from": "keep-allowed" requires/],
  [outbox('account = "n@x"\naliases = { a = "b", b = "c", c = "a" }'), /"a": leads back to itself/],
  [outbox('account = "n@x"\naliases = { a = "A" }'), /"a": leads back to itself/],
  [outbox('account = "n@x"\naliases = { "*" = "z" }'), /"\*": leads back to itself/],
  [outbox('account = "n@x"\naliases = { a = "|cmd" }'), /"a": .* no program is run/],
  [outbox('account = "n@x"\naliases = { a = "\\"|cmd\\"" }'), /"a": .* no program is run/],
  [outbox('account = "n@x"\naliases = { a = "/var/mail/a" }'), /"a": .* no file is written/],
  [outbox('account = "n@x"\naliases = { a = ":include:/l" }'), /"a": must be an address/],
  [outbox('account = "n@x"\naliases = { a = "b" }'), /"a": leads to "b", which is not an address/],
  [outbox('account = "n@x"\naliases = { a = [] }'), /"a": must not be empty/],
  [outbox('account = "n@x"\nrecipients = ["me"]'), /must have addresses, "@domain.com" or "\*"/],
  [outbox('account = "n@x"\nmax_size = "36MiB"'), /"max_size": must be at most 35840KiB/],
  [outbox('account = "o@x"\nmax_size = "3MiB"', office), /"max_size": must be at most 2929KiB/],
  [outbox('account = "n@x"\nmax_size = "0MiB"'), /"max_size": must be more than 0/],
  [outbox('account = "n@x"\nmax_size = "10MB"'), /"max_size": .*like "10MiB"/],
  [outbox('account = "n@x"\nretry = []'), /"retry": must not be empty/],
  [outbox('account = "n@x"\nper_hour = 0'), /"per_hour": must be at least 1/],
  [outbox('account = "n@x"\nper_hours = 1'), /"per_hours": is not known .*"per_hour"/],
  [
    outbox('account = "n@x"', gmail + socket),
    /names "n@x", which a \[\[socket\]\], .*only for the/,
  ],
  [outbox('account = "n@x"', gmail + file), /which a \[\[socket\]\], \[\[token_file\]\]/],
  [outbox('account = "n@x"', gmail + bridge), /\[\[bridge\]\] serves too/],
  [outbox('account = "n@x"\nvia = "smtp"\nname = "b"', gmail + bridge), /"b" is listed twice/],
  [
    outbox('account = "n@x"\npath = "/run/user/1/cms-oauth/cms.sock"'),
    /"path": "\/run\/user\/1\/cms-oauth\/cms.sock" is listed twice/,
  ],
  [
    `${outbox('account = "n@x"\n')}[[outbox]]\naccount = "n@x"\n`,
    /:8: key "path": .*listed twice.*\n.*:8: key "name": "outbox" is listed twice/,
  ],
]
for (const [toml, words] of refused) {
  test(`${toml.split('[[outbox]]\n')[1]?.replaceAll('\n', ' ')} is refused: ${words.source}`, () => {
    assert.match(refusalOf(toml), words)
    assert.match(refusalOf(toml), /^config_invalid /)
  })
}

test('by SMTP an account may be served by a token socket too', () => {
  assert.equal(refusalOf(outbox('account = "n@x"\nvia = "smtp"', gmail + socket)), 'taken')
})

const listening = 'account = "n@x"\nlisten = "127.0.0.1:1025"\n'

test('an outbox that listens has what a bridge has', () => {
  const usual = loadText(outbox(listening)).outboxes[0]?.listener
  assert.deepEqual(usual, {
    listen: [{ host: '127.0.0.1', port: 1025 }],
    users: [],
    callers: ['password'],
    networks: [],
    tls: 'off',
  })
  const keys =
    'account = "n@x"\nlisten = ["192.168.7.2:587", "/run/submission.sock"]\nusers = { printer = "n@x" }\n' +
    'caller = ["network", "peer"]\nallow = { users = ["www-data"] }\nnetworks = "192.168.7.0/24"\ntls = "implicit"\n' +
    'certificate_file = "/c.pem"\nkey_file = "/k.pem"\n'
  assert.deepEqual(loadText(outbox(keys)).outboxes[0]?.listener, {
    listen: [{ host: '192.168.7.2', port: 587 }, { path: '/run/submission.sock' }],
    users: [{ name: 'printer', user: 'n@x' }],
    callers: ['network', 'peer'],
    networks: ['192.168.7.0/24'],
    tls: 'implicit',
    certificate: { path: '/c.pem', keyPath: '/k.pem' },
  })
  const open = 'listen = "192.168.7.2:25"\nnetworks = "192.168.7.0/24"\nplaintext = true\n'
  assert.equal(loadText(outbox(`account = "n@x"\n${open}`)).outboxes[0]?.listener?.tls, 'off')
})

const beyond = 'account = "n@x"\nlisten = "192.168.7.2:587"\n'
const inNetwork = `${beyond}networks = "192.168.7.0/24"\n`
const wrongListeners: [keys: string, RegExp][] = [
  [beyond, /"listen": has "192\.168\.7\.2:587", which other machines reach: add .*networks/],
  [beyond, /"tls": must be "required" or "implicit"/],
  [inNetwork, /"tls": must be "required" or "implicit"/],
  [`${inNetwork}plaintext = true\ncaller = ["peer"]`, /"caller": has only "peer"/],
  [`${inNetwork}tls = "required"\nplaintext = true`, /"plaintext": cannot be combined/],
  [`${listening}networks = "192.168.7.0/24"`, /"networks": requires a "listen" that/],
  [`${listening}caller = ["network"]`, /"caller": has "network"/],
  [`${listening}certificate_file = "/c"`, /"certificate_file": requires key_file/],
  [`${listening}users = { a = "b@x" }`, /"a": must be the account, "n@x"/],
  ['account = "n@x"\nlisten = "localhost:25"', /"listen": must be ADDRESS:PORT/],
  ['account = "n@x"\nlisten = []', /"listen": must not be empty/],
  ['account = "n@x"\nnetworks = "192.168.7.0/24"', /"networks": requires "listen"/],
  ['account = "n@x"\nusers = { a = "n@x" }', /"users": requires "listen"/],
  ['account = "n@x"\ncaller = ["peer"]', /"caller": requires "listen"/],
  ['account = "n@x"\ntls = "implicit"', /"tls": requires "listen"/],
  ['account = "n@x"\nplaintext = true', /"plaintext": requires "listen"/],
  [
    'account = "n@x"\nlisten = ["127.0.0.1:25", "0.0.0.0:25"]\nnetworks = "10.0.0.0/8"\nplaintext = true',
    /"listen": has "127\.0\.0\.1:25" and "0\.0\.0\.0:25"/,
  ],
  [
    `${listening}[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1025"\naccounts = ["o@x"]`,
    /"listen": "127\.0\.0\.1:1025" is listed twice/,
  ],
  [
    `${listening}[[outbox]]\nname = "two"\npath = "/run/two"\naccount = "o@x"\nlisten = "127.0.0.1:1025"`,
    /"listen": "127\.0\.0\.1:1025" is listed twice/,
  ],
  ['account = "n@x"\npath = "/run/o"\nlisten = "/run/o"', /"listen": "\/run\/o" is listed twice/],
  [
    `account = "n@x"\nlisten = "/run/s"\n[[socket]]\npath = "/run/s"`,
    /"listen": "\/run\/s" is listed twice/,
  ],
]

for (const [keys, wanted] of wrongListeners) {
  test(`${keys.replaceAll('\n', ' ')} is refused`, () => {
    assert.match(refusalOf(outbox(keys, gmail + office)), wanted)
  })
}
