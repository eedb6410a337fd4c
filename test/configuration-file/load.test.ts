/** The configuration as a whole: where it is found, who may write it, how it is refused. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { loadConfiguration } from '../../src/configuration-file/load.ts'
import { isCmsOauthError } from '../../src/errors.ts'
import { asUser } from '../support/as-user.ts'
import { expectedError } from '../support/golden.ts'
import { account, loadText } from './load-text.ts'

test('what is not TOML is refused with its line and none of its text', () => {
  const cases = [
    ['client_secret = "hunter2', 'control characters are not allowed in strings'],
    ['client_secret = hunter2', 'invalid value'],
    ['client_secret "hunter2"', 'illegal character in key'],
    ['user = "hunter2"', 'trying to redefine an already defined table or value'],
    ['client_secret = "\\hunter2"', 'unrecognised escape sequence'],
  ] as const
  for (const [line, what] of cases) {
    const refusal = expectedError('config_invalid', what, { place: 'FILE:5' })
    assert.throws(() => loadText(`${account}${line}\n`), refusal)
  }
})

test('a character that looks like one of TOML is named, which no person sees', () => {
  const cases: [line: string, code: string][] = [
    ['client_secret = \u201chunter2\u201d', 'U+201C'],
    ['client_secret = \u201ehunter2\u201c', 'U+201E'],
    ['client_secret = \u2018hunter2\u2019', 'U+2018'],
    ['client_secret = \u00abhunter2\u00bb', 'U+00AB'],
    ['client_secret =\u00a0"hunter2"', 'U+00A0'],
    ['client_secret\u00a0= "hunter2"', 'U+00A0'],
    ['\u200bclient_secret = "hunter2"', 'U+200B'],
    ['client_secret = "hunter2"\u3000', 'U+3000'],
    ['client_secret = "hunter2" \ufeff', 'U+FEFF'],
  ]
  for (const [line, code] of cases) {
    assert.throws(
      () => loadText(`${account}${line}\n`),
      ({ message, hint }: { message: string; hint: string }) =>
        message.startsWith('FILE:5: ') && hint.startsWith(`its character ${code} `),
      code,
    )
  }
  const [quotation, blank] = ['\u201chunter2\u201d', '\u00a0"hunter2"']
  for (const [name, value] of Object.entries({ quotation, blank })) {
    const refusal = expectedError('config_invalid', name, { place: 'FILE:5' })
    assert.throws(() => loadText(`${account}client_secret = ${value}\n`), refusal)
  }
})

test('what is not UTF-8 is refused', () => {
  const text = Buffer.from(`${account}# \xff`, 'latin1')
  assert.throws(
    () => loadText(text),
    expectedError('config_invalid', 'not UTF-8', { file: 'FILE' }),
  )
})

test('whatever is in the file, it is loaded or refused with one of our errors', () => {
  const part = fc.constantFrom(
    ...account.split(/(?<=[\n "=])/),
    ...'[[socket]]\n|[store]\n|[sign_in]\nlisten=|mode=|0o660|path=|"~/x"|{|}|[|]|"|\'|"""|\n|,|.|=|#|\\|\0|é|\ufeff|-1|inf|2020-01-01|"15m"|allow=|authority=|redirect_uri=|"https://x"|__proto__|scopes='.split(
      '|',
    ),
  )
  const toml = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 12 }).map((parts) => account + parts.join('')),
  )
  fc.assert(
    fc.property(toml, (text) => {
      try {
        loadText(text)
      } catch (error) {
        assert.ok(isCmsOauthError(error), String(error))
        assert.match(error.message, /^(FILE:\d+: [^\n]+|the configuration "FILE" .*UTF-8)/)
        assert.notEqual(error.hint, '')
      }
    }),
    { numRuns: 1_000 },
  )
})

test('no secret of the file gets into what is said of it', () => {
  const secret = 'canary7'
  const keys = ['client_secret', 'client_secret_command', 'scopes', 'tenant', 'mode', 'cloud']
  const written = fc.constantFrom(
    `"${secret}"`,
    `["${secret}"]`,
    `{ x = "${secret}" }`,
    `"${secret}`,
    secret,
    `"\\${secret}"`,
    `"""\n${secret}`,
  )
  const line = fc.tuple(fc.constantFrom(...keys), written).map((parts) => parts.join(' = '))
  const others = fc.constantFrom('', '[[socket]]\n', '[notify]\n', '[store]\n', 'unknown = 1\n')
  fc.assert(
    fc.property(others, fc.array(line, { minLength: 1, maxLength: 3 }), (section, lines) => {
      try {
        loadText(`${account}client_secret_file = "/s"\n${section}${lines.join('\n')}\n`)
      } catch (error) {
        assert.ok(isCmsOauthError(error), String(error))
        const { message, hint, stack, cause } = error
        assert.ok(!JSON.stringify([message, hint, stack, cause]).includes(secret), message)
      }
    }),
  )
})

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  file = join(directory, 'config.toml')
  writeFileSync(file, account, { mode: 0o644 })
})

afterEach(() => rmSync(directory, { recursive: true }))

const named = () => loadConfiguration({ file, env: {} })

test('a file that others may write is refused, whoever they are', () => {
  for (const mode of [0o664, 0o646]) {
    chmodSync(file, mode)
    assert.throws(named, expectedError('insecure_file_mode', 'others may write it', { file }))
  }
})

test('a file with a secret in it is refused while others may read it', () => {
  writeFileSync(file, `${account}client_secret = "hunter2"\n`)
  // Of root, its group is whom root gave it to.
  const isRoot = process.getuid?.() === 0
  const change = isRoot ? 'g-w,o=' : 'go='
  for (const mode of isRoot ? [0o644, 0o604] : [0o640, 0o604]) {
    chmodSync(file, mode)
    assert.throws(
      named,
      expectedError('insecure_file_mode', 'others may read it', { file, change }),
    )
  }
  chmodSync(file, isRoot ? 0o640 : 0o600)
  assert.deepEqual(named().accounts[0]?.clientSecret, { from: 'inline', value: 'hunter2' })
})

const skip = process.getuid?.() === 0 ? false : 'needs root, to become the service'

test(
  'the documented installation starts: root:cms-oauth 0640 with an inline secret',
  { skip },
  () => {
    const id = 64_321
    writeFileSync(file, `${account}client_secret = "hunter2"\n`)
    chmodSync(directory, 0o755)
    chownSync(file, 0, id)
    chmodSync(file, 0o640)
    const { accounts } = asUser(id, named)
    assert.deepEqual(accounts[0]?.clientSecret, { from: 'inline', value: 'hunter2' })
    for (const [uid, mode] of [
      [0, 0o644],
      [0, 0o660],
      [id, 0o640],
      [id + 1, 0o640],
    ] as const) {
      chownSync(file, uid, id)
      chmodSync(file, mode)
      assert.throws(() => asUser(id, named), { code: 'insecure_file_mode' }, `${uid} ${mode}`)
    }
  },
)

test('a file that names where its secrets are may be read by all', () => {
  writeFileSync(file, `${account}client_secret_file = "/s"\n`)
  assert.deepEqual(named().accounts[0]?.clientSecret, { from: 'file', path: '/s' })
})

test('a symbolic link is followed, and the file behind it is the one that is checked', () => {
  const link = join(directory, 'link.toml')
  symlinkSync(file, link)
  const load = () => loadConfiguration({ file: link, env: {} })
  assert.equal(load().file, link)
  chmodSync(file, 0o666)
  assert.throws(load, { code: 'insecure_file_mode' })
})

test("another user's file is refused", { skip: process.getuid?.() !== 0 && 'only root' }, () => {
  chownSync(file, 12_345, 0)
  assert.throws(
    named,
    expectedError('insecure_file_mode', 'of another user', { file, owner: 12_345 }),
  )
})

test('a file that is not there is told with every place that was searched', () => {
  const missing = join(directory, 'missing.toml')
  const refusal = expectedError('config_invalid', 'not there', { missing })
  assert.throws(() => loadConfiguration({ file: missing, env: {} }), refusal)
  assert.throws(() => loadConfiguration({ env: { CMS_OAUTH_CONFIG: missing } }), refusal)
})

test('a directory or a pipe in the place of the file is refused, and neither is waited for', () => {
  const place = join(directory, 'place')
  const refusal = expectedError('config_invalid', 'not a regular file', { place })
  mkdirSync(place)
  assert.throws(() => loadConfiguration({ file: place, env: {} }), refusal)
  rmSync(place, { recursive: true })
  execFileSync('mkfifo', ['-m', '600', place])
  assert.throws(() => loadConfiguration({ file: place, env: {} }), refusal)
})

test('a default path that no socket can have is refused too', () => {
  const env = { XDG_RUNTIME_DIR: `/${'r'.repeat(100)}` }
  const socket = {
    place: `${file}:1: key "socket"`,
    path: `"${env.XDG_RUNTIME_DIR}/cms-oauth/cms.sock"`,
    second: `${file}:1: key "path"`,
    control: `"${env.XDG_RUNTIME_DIR}/cms-oauth/control.sock"`,
  }
  assert.throws(
    () => loadConfiguration({ file, env }),
    expectedError('config_invalid', 'a default path too long', socket),
  )
  assert.throws(
    () => loadConfiguration({ file, env: { CMS_OAUTH_CONTROL: 'c.sock' } }),
    expectedError('config_invalid', 'a default path not absolute', {
      place: `${file}:1: key "path"`,
      path: '"c.sock"',
      cause: 'CMS_OAUTH_CONTROL',
    }),
  )
})

test('what is not configured has its default', () => {
  const { accounts, store, ...rest } = loadConfiguration({
    file,
    env: { XDG_RUNTIME_DIR: '/r', STATE_DIRECTORY: '/state:/key' },
  })
  assert.deepEqual(accounts, [
    {
      user: 'u@x',
      provider: 'office365',
      clientId: 'c',
      grant: 'authorization_code',
      saslUser: {},
    },
  ])
  assert.deepEqual(store, {
    key: { from: 'file', path: '/key/store.key' },
    kind: 'files',
    stateDirectory: '/state',
  })
  assert.deepEqual(rest, {
    file,
    sockets: [
      { path: '/r/cms-oauth/cms.sock', protocols: ['SMTP'], mode: 0o600, reply: 'xoauth2-b64' },
    ],
    tokenFiles: [],
    bridges: [],
    outboxes: [],
    refresh: { beforeExpiryMs: 900_000, answerWithinMs: 4_000 },
    control: { path: '/r/cms-oauth/control.sock' },
    signIn: { port: 0 },
    metrics: { labels: 'id' },
    log: { level: 'info', audit: 'counted' },
  })
})

test('the key of the store is in a file, with systemd, in the keyring, or told by a program', () => {
  const cases = {
    'key_file = "/k"': { from: 'file', path: '/k' },
    'key = "file"\nkey_file = "/k"': { from: 'file', path: '/k' },
    'key = "credential"': { from: 'credential', name: 'store-key' },
    'key = "credential"\nkey_credential = "k"': { from: 'credential', name: 'k' },
    'key = "keyring"': { from: 'keyring' },
    'key = "command"\nkey_command = ["pass", "k"]': { from: 'command', argv: ['pass', 'k'] },
  }
  for (const [keys, source] of Object.entries(cases)) {
    assert.deepEqual(loadText(`${account}[store]\n${keys}\n`).store.key, source)
  }
})
