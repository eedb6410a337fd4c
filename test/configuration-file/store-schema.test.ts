/** [store] kind = "etcd": what it becomes, and how its keys are refused. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { account, assertRefused, loadText } from './load-text.ts'

const endpoints = 'endpoints = ["https://etcd1:2379", "https://etcd2:2379"]\n'
const tokenKey = 'token_key_file = "/t"\n'
const least = `${endpoints}${tokenKey}`

function etcd(keys: string): string {
  return `${account}[store]\nkind = "etcd"\n${keys}`
}

test('the least that must be said is where it is and the key of shared tokens', () => {
  const { store } = loadText(etcd(least))
  assert.ok(store.kind === 'etcd')
  const { key, stateDirectory, ...rest } = store
  assert.equal(key?.from, 'file')
  assert.match(stateDirectory, /^\//)
  assert.deepEqual(rest, {
    kind: 'etcd',
    endpoints: ['https://etcd1:2379', 'https://etcd2:2379'],
    prefix: '/cms-oauth/v1/',
    role: 'renew',
    tokenKey: { from: 'file', path: '/t' },
  })
})

test('all of it, as the contract writes it', () => {
  const { store } = loadText(
    etcd(
      `${endpoints}ca_file = "/etc/ca.pem"\ncertificate_file = "/c.pem"\ncertificate_key_file = "/c.key"\nuser = "relay1"\npassword_credential = "etcd-password"\nprefix = "/cms-oauth/v1/relays/"\nrole = "renew"\nkey = "credential"\ntoken_key_credential = "fleet-token-key"\n`,
    ),
  )
  assert.ok(store.kind === 'etcd')
  const { stateDirectory: _, ...rest } = store
  assert.deepEqual(rest, {
    kind: 'etcd',
    endpoints: ['https://etcd1:2379', 'https://etcd2:2379'],
    caFile: '/etc/ca.pem',
    certificate: { path: '/c.pem', keyPath: '/c.key' },
    user: 'relay1',
    password: { from: 'credential', name: 'etcd-password' },
    prefix: '/cms-oauth/v1/relays/',
    role: 'renew',
    key: { from: 'credential', name: 'store-key' },
    tokenKey: { from: 'credential', name: 'fleet-token-key' },
  })
})

test('whoever only serves has no key of sign-ins', () => {
  const { store } = loadText(etcd(`${least}role = "serve"\n`))
  assert.equal(store.key, undefined)
})

for (const [place, source] of Object.entries({
  'file = "/p"': { from: 'file', path: '/p' },
  'command = ["pass", "p"]': { from: 'command', argv: ['pass', 'p'] },
  'credential = "p"': { from: 'credential', name: 'p' },
})) {
  test(`a password and a key may come from ${source.from}`, () => {
    const { store } = loadText(
      etcd(`${endpoints}user = "u"\npassword_${place}\ntoken_key_${place}\n`),
    )
    assert.ok(store.kind === 'etcd')
    assert.deepEqual([store.password, store.tokenKey], [source, source])
  })
}

const engineKeys = [
  'endpoints = ["https://e:2379"]',
  'ca_file = "/x"',
  'certificate_file = "/x"',
  'certificate_key_file = "/x"',
  'user = "x"',
  'password_file = "/x"',
  'password_command = ["x"]',
  'password_credential = "x"',
  'prefix = "/x/"',
  'role = "renew"',
  'token_key_file = "/x"',
  'token_key_command = ["x"]',
  'token_key_credential = "x"',
]

describe('a key of an engine is refused beside files', () => {
  for (const line of engineKeys) {
    const [key = ''] = line.split(' ')
    test(key, () =>
      assertRefused(`${account}[store]\n${line}\n`, `6: key "${key}"`, 'requires kind = "etcd"'),
    )
  }
})

describe('a key of sign-ins is refused where a host only serves', () => {
  for (const line of [
    'key = "file"',
    'key_file = "/k"',
    'key_credential = "k"',
    'key_command = ["k"]',
  ]) {
    const [key = ''] = line.split(' ')
    test(line, () =>
      assertRefused(
        etcd(`${least}role = "serve"\n${line}\n`),
        `10: key "${key}"`,
        'no key at a host that serves',
      ),
    )
  }
})

describe('an endpoint that is not one is refused', () => {
  for (const endpoint of [
    'http://etcd1:2379',
    'https://etcd1',
    'https://etcd1:2379/',
    'https://user@etcd1:2379',
    'etcd1:2379',
  ]) {
    test(endpoint, () =>
      assertRefused(
        etcd(`endpoints = ["${endpoint}"]\n${tokenKey}`),
        '7: key "endpoints"',
        'not an endpoint',
      ),
    )
  }
})

describe('a prefix that is not one is refused', () => {
  for (const prefix of ['', '/', 'a/', '/a', '/a//b/', '/a b/']) {
    test(JSON.stringify(prefix), () =>
      assertRefused(etcd(`${least}prefix = "${prefix}"\n`), '9: key "prefix"', 'not a prefix'),
    )
  }
})

const contradictions: [name: string, keys: string, place: string][] = [
  ['no endpoint', tokenKey, '5: key "endpoints"'],
  ['an empty list of endpoints', `endpoints = []\n${tokenKey}`, '7: key "endpoints"'],
  ['no key of shared tokens', endpoints, '5: key "token_key_credential"'],
  [
    'two keys of shared tokens',
    `${least}token_key_command = ["k"]\n`,
    '9: key "token_key_command"',
  ],
  [
    'two passwords',
    `${least}user = "u"\npassword_file = "/p"\npassword_credential = "p"\n`,
    '11: key "password_credential"',
  ],
  ['a user without a password', `${least}user = "u"\n`, '9: key "user"'],
  ['a password without a user', `${least}password_file = "/p"\n`, '9: key "password_file"'],
  [
    'a certificate without its key',
    `${least}certificate_file = "/c"\n`,
    '9: key "certificate_file"',
  ],
  [
    'a key without its certificate',
    `${least}certificate_key_file = "/c"\n`,
    '9: key "certificate_key_file"',
  ],
  ['a program without its name', `${least}key = "command"\n`, '9: key "key"'],
]

for (const [name, keys, place] of contradictions) {
  test(`${name} is refused`, () => assertRefused(etcd(keys), place, name))
}

/** The keys of a store whose client certificate is of this subject. */
function named(t: TestContext, subject: string): string {
  const directory = temporaryDirectory(t)
  const [path, key] = [join(directory, 'c.pem'), join(directory, 'c.key')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const files = ['-keyout', key, '-out', path]
  execFileSync('openssl', ['req', '-x509', ...curve, '-subj', subject, ...files], {
    stdio: 'ignore',
  })
  return `${least}certificate_file = "${path}"\ncertificate_key_file = "${key}"\n`
}

describe('a client certificate', () => {
  for (const subject of ['/CN=relay1', '/O=cms-oauth/CN=relay1', '/O=cms-oauth+CN=relay1']) {
    test(`with the CommonName in ${subject} is refused`, (t) =>
      assertRefused(etcd(named(t, subject)), '9: key "certificate_file"', 'with a CommonName', {
        name: 'relay1',
      }))
  }

  test('without one is taken', (t) => {
    assert.equal(loadText(etcd(named(t, '/O=cms-oauth'))).store.kind, 'etcd')
  })

  test('that cannot be read here is taken: a check says so', () => {
    const keys = 'certificate_file = "/nowhere"\ncertificate_key_file = "/nowhere"\n'
    assert.equal(loadText(etcd(`${least}${keys}`)).store.kind, 'etcd')
  })
})
