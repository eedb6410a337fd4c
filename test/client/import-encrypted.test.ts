/** `import` of what other programs encrypt: email-oauth2-proxy's tokens and pizauth's dump, as they write them. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { tokensInPizauthDump } from '../../src/client/pizauth-dump.ts'
import { runClient, runProgram } from '../support/daemon.ts'
import { assertResult, assertSentence, expectedError } from '../support/golden.ts'
import { runOnTerminal } from '../support/pseudo-terminal.ts'
import { accountStatus, serveControl, temporaryHome } from './run-against.ts'

const user = 'user@example.com'
const password = 'p\u00e4ssw\u00f6rd of mutt'
const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')

/** Encrypts as its class Cryptographer does: a key by PBKDF2, the token by Fernet. */
const encryptToken = `
import base64, json, os, sys
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
given = json.load(sys.stdin)
salt = os.urandom(16)
kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=given["iterations"])
fernet = Fernet(base64.urlsafe_b64encode(kdf.derive(given["password"].encode("utf-8"))))
print(base64.b64encode(salt).decode("utf-8"))
print(fernet.encrypt(given["token"].encode("utf-8")).decode("utf-8"))
`

/** Encrypts as `pizauth dump` does. */
const encryptDump = `
import os, sys
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
key = bytes.fromhex("66a247a85e48cfecaaed9b36eba97d5350d4286375097a44eeffb9c4546b65a3")
nonce = os.urandom(12)
sys.stdout.write((nonce + ChaCha20Poly1305(key).encrypt(nonce, bytes.fromhex(sys.stdin.read()), None)).hex())
`

async function runPython(program: string, input: string): Promise<string> {
  const { status, stdout, stderr } = await runProgram(
    '/usr/bin/python3',
    ['-c', program],
    process.env,
    input,
  )
  assert.equal(status, 0, stderr)
  return stdout
}

/** emailproxy.config with the token of the account; undefined iterations are not in the file. */
async function emailproxy(iterations: number, written: number | undefined): Promise<string> {
  const input = JSON.stringify({ iterations, password, token: 'R3FRESH' })
  const [salt = '', token = ''] = (await runPython(encryptToken, input)).trim().split('\n')
  return [
    `[${user}]`,
    'client_id = client',
    `token_salt = ${salt}`,
    ...(written === undefined ? [] : [`token_iterations = ${written}`]),
    `refresh_token = ${token}`,
    '',
  ].join('\n')
}

/** A daemon that takes what is imported, and the file to import. */
async function prepare(t: TestContext, input: string | Buffer) {
  const home = await temporaryHome(t)
  const taken: string[] = []
  await serveControl(t, home.controlSocket, {
    accounts: () => ({ version: '1', pid: 1, accounts: [accountStatus()] }),
    importGrant: async (address, token) => {
      taken.push(address, token)
    },
  })
  const file = join(home.env['HOME'] ?? '', 'file')
  await writeFile(file, input)
  const command = `${client} import ${user} < ${file}`
  return { home, taken, importFile: () => runOnTerminal(command, home.env) }
}

for (const [what, iterations, written] of [
  ['of today', 1_200_000, 1_200_000],
  ['of an older version', 100_000, undefined],
  ['of before an update', 100_000, 1_200_000],
] as const) {
  test(`the password opens a token of email-oauth2-proxy ${what}, and does not show`, async (t) => {
    const { taken, importFile } = await prepare(t, await emailproxy(iterations, written))
    const terminal = importFile()
    await terminal.shown(`for ${user}: `)
    terminal.type(password)
    const { status, screen } = await terminal.ended
    assert.equal(status, 0, screen)
    assertSentence(screen.split('\n').at(-2), 'an import', { user })
    assert.ok(!screen.includes('p\u00e4ss') && !screen.includes('R3FRESH'))
    assert.deepEqual(taken, [user, 'R3FRESH'])
  })
}

test('a wrong password is reported, and what it is', async (t) => {
  const { taken, importFile } = await prepare(t, await emailproxy(100_000, undefined))
  const terminal = importFile()
  await terminal.shown(`for ${user}: `)
  terminal.type('s3cret of the mailbox')
  const { status, screen } = await terminal.ended
  assert.equal(status, 64)
  const plain = stripVTControlCharacters(screen)
  assertSentence(plain.slice(plain.indexOf('cms-oauth: error: ')), 'a wrong password', { user })
  assert.ok(!screen.includes('s3cret'))
  assert.deepEqual(taken, [])
})

test('Ctrl-C at the question ends it, and the terminal shows again what is typed', async (t) => {
  const { taken, importFile } = await prepare(t, await emailproxy(100_000, undefined))
  const terminal = importFile()
  await terminal.shown(`for ${user}: `)
  terminal.type('\u0003')
  const { status } = await terminal.ended
  assert.equal(status, 130)
  assert.deepEqual(taken, [])
})

test('at the question Ctrl-U takes all back, Backspace a character, and Ctrl-D ends the line', async (t) => {
  const { taken, importFile } = await prepare(t, await emailproxy(100_000, undefined))
  const terminal = importFile()
  await terminal.shown(`for ${user}: `)
  terminal.type(`wrong\u0015${password}\u{1f511}\u007f\u0004`)
  const { status, screen } = await terminal.ended
  assert.equal(status, 0, screen)
  assert.deepEqual(taken, [user, 'R3FRESH'])
})

test('a number of iterations that nobody writes is refused', async (t) => {
  for (const written of [0, -1, 1.5, 1e12]) {
    const { importFile } = await prepare(t, await emailproxy(100_000, written))
    const terminal = importFile()
    await terminal.shown(`for ${user}: `)
    terminal.type(password)
    const { status, screen } = await terminal.ended
    assert.equal(status, 64)
    assert.match(screen, /token_iterations is /)
  }
})

/** bincode, as far as a dump of pizauth needs it. */
const bincode = {
  number: (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(value))
    return bytes
  },
  text: (value: string) =>
    Buffer.concat([bincode.number(Buffer.byteLength(value)), Buffer.from(value)]),
  list: (items: Buffer[]) => Buffer.concat([bincode.number(items.length), ...items]),
  optional: (value: string | undefined) =>
    value === undefined ? Buffer.from([0]) : Buffer.concat([Buffer.from([1]), bincode.text(value)]),
}

interface PizauthAccount {
  name: string
  hint?: string
  clientId?: string
  refreshToken?: string
  isSignedOut?: true
}

function dumpOf({ name, hint, clientId = 'client', refreshToken, isSignedOut }: PizauthAccount) {
  const { number, text, list, optional } = bincode
  const time = Buffer.concat([number(1_700_000_000), Buffer.from([1, 2, 3, 0])])
  const state = isSignedOut
    ? Buffer.from([0, 0, 0, 0])
    : Buffer.concat([
        Buffer.from([1, 0, 0, 0]),
        text('S3CRET-access'),
        time,
        time,
        optional(refreshToken),
      ])
  return Buffer.concat([
    text(name),
    text('https://login.microsoftonline.com/common/oauth2/v2.0/authorize'),
    list(hint === undefined ? [] : [Buffer.concat([text('login_hint'), text(hint)])]),
    text(clientId),
    optional('S3CRET-secret'),
    text('http://localhost/'),
    list([text('https://outlook.office.com/SMTP.Send'), text('offline_access')]),
    text('https://login.microsoftonline.com/common/oauth2/v2.0/token'),
    state,
  ])
}

async function pizauthDump(
  accounts: PizauthAccount[],
  version = 1,
  tail = Buffer.alloc(0),
): Promise<Buffer> {
  const plain = Buffer.concat([bincode.number(version), bincode.list(accounts.map(dumpOf)), tail])
  return Buffer.from(await runPython(encryptDump, plain.toString('hex')), 'hex')
}

async function importDump(t: TestContext, dump: Buffer) {
  const { home, taken } = await prepare(t, '')
  return { ...(await runClient(home, ['import', user], dump)), taken }
}

for (const [what, accounts] of Object.entries<PizauthAccount[]>({
  'the only account': [{ name: 'work', refreshToken: 'R3FRESH' }],
  'the account that is called by the address': [
    { name: 'other@example.com', refreshToken: 'S3CRET' },
    { name: 'User@example.com', refreshToken: 'R3FRESH' },
    { name: 'more@example.com', refreshToken: 'S3CRET' },
  ],
  'the account whose sign-in names the address': [
    { name: 'a', hint: user, refreshToken: 'R3FRESH' },
    { name: 'b', hint: 'other@example.com', refreshToken: 'S3CRET' },
  ],
  'the account of the client': [
    { name: 'a', clientId: 'another', refreshToken: 'S3CRET' },
    { name: 'b', refreshToken: 'R3FRESH' },
    { name: 'c', isSignedOut: true },
    { name: 'd' },
  ],
})) {
  test(`import takes from "pizauth dump" ${what}, and prints nothing of it`, async (t) => {
    const { taken, ...result } = await importDump(t, await pizauthDump(accounts))
    assertResult(result, 0, 'an import of a dump', { user })
    assert.deepEqual(taken, [user, 'R3FRESH'])
  })
}

for (const [what, dump, names] of [
  [
    'accounts that do not say whose they are',
    () =>
      pizauthDump([
        { name: 'a', refreshToken: 'S3CRET' },
        { name: 'b', refreshToken: 'S3CRET' },
      ]),
    { user, names: '"a", "b"' },
  ],
  ['nobody signed in', () => pizauthDump([{ name: 'a', isSignedOut: true }]), {}],
  [
    'another client',
    () => pizauthDump([{ name: 'a', clientId: 'x', refreshToken: 'S3CRET' }]),
    { name: '"a"', clientId: '"x"' },
  ],
  ['another version', () => pizauthDump([], 2), { version: 2 }],
] as const) {
  test(`import says of a dump of pizauth what is wrong: ${what}`, async (t) => {
    const { status, stdout, stderr, taken } = await importDump(t, await dump())
    assert.deepEqual(taken, [])
    assertResult({ status, stdout, stderr }, 64, `a dump of ${what}`, names)
    assert.ok(!stderr.includes('S3CRET'))
  })
}

test('a dump that was cut off or changed is not one', async () => {
  const dump = await pizauthDump([{ name: 'a', refreshToken: 'S3CRET' }])
  for (const length of [0, 11, 12, 27, 28, dump.length - 1]) {
    assert.equal(tokensInPizauthDump(dump.subarray(0, length)), undefined)
  }
  dump[20] = (dump[20] ?? 0) ^ 1
  assert.equal(tokensInPizauthDump(dump), undefined)
})

test('lengths that lead behind the end are another version', async () => {
  const { number } = bincode
  for (const plain of [
    number(1),
    Buffer.concat([number(1), number(2 ** 40)]),
    Buffer.concat([number(1), number(1), number(2 ** 52)]),
  ]) {
    const dump = Buffer.from(await runPython(encryptDump, plain.toString('hex')), 'hex')
    const refusal = expectedError('usage', 'a dump of another layout')
    assert.throws(() => tokensInPizauthDump(dump), refusal)
  }
})

test('a file of GnuPG is told with the command that decrypts it', async (t) => {
  const { home, taken } = await prepare(t, '')
  const packet = Buffer.from([0x85, 0x01, 0x0c, 0x03, 0x53, 0x33])
  const result = await runClient(home, ['import', user], packet)
  assertResult(result, 64, 'a file of GnuPG', { command: 'gpg --decrypt FILE' })
  assert.deepEqual(taken, [])
})
