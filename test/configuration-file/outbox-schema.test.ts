/** [[outbox]]: what is taken, what follows from it, and how the rest is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused, loadText } from './load-text.ts'

const gmail =
  '[[account]]\nuser = "n@x"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const office = '[[account]]\nuser = "o@x"\nprovider = "office365"\nclient_id = "c"\n'
const oidc =
  '[[account]]\nuser = "i@x"\nprovider = "oidc"\nclient_id = "c"\nscopes = ["mail"]\nauthority = "https://z"\n'
const aliases = 'aliases = { root = "me@y", "*" = "root" }\n'

function outbox(keys: string, before = gmail): string {
  return `${before}[[outbox]]\n${keys}`
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
    digestAbove: 20,
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
    'recipients = ["me@y", "@z", "*"]\nper_hour = 5\ndigest_above = 0\nmax_size = "1MiB"\ntoo_large = "refuse"\nkeep_trying = "1d"\n' +
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
    digestAbove: 0,
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
const refused: [toml: string, place: string][] = [
  [outbox(''), '6: key "account"'],
  [outbox('account = "z@x"'), '7: key "account"'],
  [outbox('account = "n@x"\nvia = "graph"'), '8: key "via"'],
  [outbox('account = "n@x"\nvia = "gmail-api"\nhost = "h"'), '9: key "host"'],
  [outbox('account = "n@x"\nvia = "smtp"\napi = "https://h"'), '9: key "api"'],
  [outbox('account = "n@x"\napi = "https://h"\nhost = "h:587"'), '8: key "api"'],
  [outbox('account = "n@x"\napi = "http://h"'), '8: key "api"'],
  [outbox('account = "i@x"', oidc), '7: key "host"'],
  [outbox('account = "i@x"\nhost = "a b"', oidc), '9: key "host"'],
  [outbox('account = "n@x"\nname = "../up"'), '8: key "name"'],
  [outbox('account = "n@x"\nfrom_allowed = ["a@y"]'), '8: key "from_allowed"'],
  [outbox('account = "n@x"\nfrom = "keep-allowed"'), '8: key "from"'],
  [outbox('account = "n@x"\naliases = { a = "b", b = "c", c = "a" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = "A" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { "*" = "z" }'), '8: key "*"'],
  [outbox('account = "n@x"\naliases = { a = "|cmd" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = "\\"|cmd\\"" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = "/var/mail/a" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = ":include:/l" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = "b" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = [] }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = "me@y,org" }'), '8: key "a"'],
  [outbox('account = "n@x"\naliases = { a = "me@y;you@y" }'), '8: key "a"'],
  [outbox('account = "n@x"\nnotice_to = "me@y,org"'), '8: key "notice_to"'],
  [outbox('account = "n@x"\nrecipients = ["me@y,org"]'), '8: key "recipients"'],
  [outbox('account = "n@x"\nrecipients = ["@y,org"]'), '8: key "recipients"'],
  [outbox('account = "n@x"\nrecipients = ["me"]'), '8: key "recipients"'],
  [outbox('account = "n@x"\nmax_size = "36MiB"'), '8: key "max_size"'],
  [outbox('account = "o@x"\nmax_size = "3MiB"', office), '7: key "max_size"'],
  [outbox('account = "n@x"\nmax_size = "0MiB"'), '8: key "max_size"'],
  [outbox('account = "n@x"\nmax_size = "10MB"'), '8: key "max_size"'],
  [outbox('account = "n@x"\nretry = []'), '8: key "retry"'],
  [outbox('account = "n@x"\nretry = ["1m", "999ms"]'), '8: key "retry"'],
  [outbox('account = "n@x"\nper_hour = 0'), '8: key "per_hour"'],
  [outbox('account = "n@x"\ndigest_above = -1'), '8: key "digest_above"'],
  [outbox('account = "n@x"\nper_hours = 1'), '8: key "per_hours"'],
  [outbox('account = "n@x"', gmail + socket), '9: key "account"'],
  [outbox('account = "n@x"', gmail + file), '12: key "account"'],
  [outbox('account = "n@x"', gmail + bridge), '12: key "account"'],
  [outbox('account = "n@x"\nvia = "smtp"\nname = "b"', gmail + bridge), '14: key "name"'],
  [outbox('account = "n@x"\npath = "/run/user/1/cms-oauth/cms.sock"'), '8: key "path"'],
  [`${outbox('account = "n@x"\n')}[[outbox]]\naccount = "n@x"\n`, '8: key "path"'],
]
for (const [toml, place] of refused) assertRefusal(toml, place)

/** What is named is in the place; the own keys tell the sentences of the golden file apart. */
function assertRefusal(toml: string, place: string): void {
  const own = toml.slice(toml.indexOf('[[outbox]]\n') + 11)
  const what = [place, ...own.split('\n').filter((line) => line !== '')].join('; ')
  test(`refused: ${what}`, () => assertRefused(toml, place, what))
}

test('by SMTP an account may be served by a token socket too', () => {
  loadText(outbox('account = "n@x"\nvia = "smtp"', gmail + socket))
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
const wrongListeners: [keys: string, place: string][] = [
  [beyond, '12: key "listen"'],
  [beyond, '12: key "listen"'],
  [inNetwork, '10: key "tls"'],
  [`${inNetwork}plaintext = true\ncaller = ["peer"]`, '15: key "caller"'],
  [`${inNetwork}tls = "required"\nplaintext = true`, '15: key "plaintext"'],
  [`${listening}networks = "192.168.7.0/24"`, '13: key "networks"'],
  [`${listening}caller = ["network"]`, '13: key "caller"'],
  [`${listening}certificate_file = "/c"`, '13: key "certificate_file"'],
  [`${listening}users = { a = "b@x" }`, '13: key "a"'],
  ['account = "n@x"\nlisten = "localhost:25"', '12: key "listen"'],
  ['account = "n@x"\nlisten = []', '12: key "listen"'],
  ['account = "n@x"\nnetworks = "192.168.7.0/24"', '12: key "networks"'],
  ['account = "n@x"\nusers = { a = "n@x" }', '12: key "users"'],
  ['account = "n@x"\ncaller = ["peer"]', '12: key "caller"'],
  ['account = "n@x"\ntls = "implicit"', '12: key "tls"'],
  ['account = "n@x"\nplaintext = true', '12: key "plaintext"'],
  [
    'account = "n@x"\nlisten = ["127.0.0.1:25", "0.0.0.0:25"]\nnetworks = "10.0.0.0/8"\nplaintext = true',
    '12: key "listen"',
  ],
  [
    `${listening}[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1025"\naccounts = ["o@x"]`,
    '12: key "listen"',
  ],
  [
    `${listening}[[outbox]]\nname = "two"\npath = "/run/two"\naccount = "o@x"\nlisten = "127.0.0.1:1025"`,
    '17: key "listen"',
  ],
  ['account = "n@x"\npath = "/run/o"\nlisten = "/run/o"', '13: key "listen"'],
  [`account = "n@x"\nlisten = "/run/s"\n[[socket]]\npath = "/run/s"`, '12: key "listen"'],
]

for (const [keys, place] of wrongListeners) assertRefusal(outbox(keys, gmail + office), place)
