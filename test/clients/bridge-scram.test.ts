/**
 * SCRAM-SHA-256 as real programs speak it with a bridge, recorded on the wire: each message is what
 * RFC 5802 has, computed here without any code of ours.
 */
import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { startPostfixRelay } from '../support/queueing-programs.ts'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'
import { recordScram, type ScramTranscript } from '../support/scram-recorder.ts'

const reading = await provideReadingBridgeWorld()
const sending = await createBridgeWorld()
after(() => sending.close())
const letter = 'From: user@example.com\nTo: friend@example.org\nSubject: hello\n\nbody\n'

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** What the proof and the server's signature must be, of the messages as they went over the wire. */
function expectedOf({ clientFirst, serverFirst, clientFinal }: ScramTranscript, password: string) {
  const [, salt = '', iterations = ''] = /,s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? []
  const bare = clientFirst.replace(/^[^,]*,[^,]*,/, '')
  const authMessage = [bare, serverFirst, clientFinal.replace(/,p=[^,]*$/, '')].join(',')
  const saltBytes = Buffer.from(salt, 'base64')
  const salted = pbkdf2Sync(password, saltBytes, Number(iterations), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage)
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)))
  const serverFinal = `v=${base64(hmac(hmac(salted, 'Server Key'), authMessage))}`
  return { proof: base64(proof), serverFinal }
}

/** Where a program is to log in, and with what. */
interface Login {
  port: number
  password: string
}

interface Case {
  program: string
  /** Of channel binding (RFC 5802 section 6): `y` says that the client could, and believes that the server cannot. */
  flag: 'n' | 'y'
  to: { user: string; port: number; password: string }
  /** Runs it with this login; whether it was let in, as it says itself. */
  run: (login: Login, t: TestContext) => Promise<boolean>
}

async function msmtp({ port, password }: Login): Promise<boolean> {
  const { home, user } = sending
  const file = join(home.directory, 'msmtprc')
  const account = ['account default', 'host 127.0.0.1', `port ${port}`, 'tls off']
  const login = ['auth scram-sha-256', `user ${user}`, `password ${password}`, `from ${user}`, '']
  await writeFile(file, [...account, ...login].join('\n'), { mode: 0o600 })
  const args = ['-C', file, 'friend@example.org']
  const { status } = await runProgram(installedProgram('msmtp', 'msmtp'), args, home.env, letter)
  return status === 0
}

/** Cyrus SASL with a channel to bind, at a server that is said to offer these mechanisms; what was said. */
async function cyrus(mechanisms: string, { port, password }: Login): Promise<string> {
  const script = join(import.meta.dirname, 'cyrus-scram.py')
  const args = [script, mechanisms, String(port), sending.user, password]
  const python = installedProgram('python3', 'python3')
  const { stdout, stderr } = await runProgram(python, args, sending.home.env)
  assert.equal(stderr, '')
  return stdout
}

async function postfix({ port, password }: Login, t: TestContext): Promise<boolean> {
  const { user } = sending
  const relay = await startPostfixRelay({ user, password, ports: { smtp: port } })
  t.after(() => relay.close())
  await relay.submit(letter)
  return (await relay.waiting()) === 0
}

async function mbsync({ port, password }: Login): Promise<boolean> {
  const { home, user } = reading
  const file = join(home.directory, 'mbsyncrc')
  const mail = join(home.directory, 'Mail')
  await mkdir(mail, { recursive: true })
  const account = `IMAPAccount a\nHost 127.0.0.1\nPort ${port}\nUser ${user}\nPass ${password}`
  const how = 'AuthMechs SCRAM-SHA-256\nSSLType None'
  const stores = `IMAPStore far\nAccount a\n\nMaildirStore near\nPath ${mail}/\nInbox ${mail}/INBOX`
  const channel = 'Channel c\nFar :far:\nNear :near:\nCreate Near\nSyncState *'
  await writeFile(file, `${account}\n${how}\n\n${stores}\n\n${channel}\n`, { mode: 0o600 })
  const args = ['-c', file, '-a']
  const { status } = await runProgram(installedProgram('mbsync', 'isync'), args, home.env)
  return status === 0
}

const imap = { user: reading.user, password: reading.password, port: reading.imap.port }
const cases: Case[] = [
  { program: 'msmtp', flag: 'n', to: sending, run: msmtp },
  {
    program: 'Cyrus SASL with a channel to bind',
    flag: 'y',
    to: sending,
    run: async (login) => /^S: 235 /m.test(await cyrus('SCRAM-SHA-256 PLAIN', login)),
  },
  { program: 'Postfix', flag: 'n', to: sending, run: postfix },
  { program: 'mbsync', flag: 'n', to: imap, run: mbsync },
]

for (const { program, flag, to, run } of cases) {
  const recorded = async (t: TestContext, password: string) => {
    const recorder = await recordScram(t, to.port)
    const isLetIn = await run({ port: recorder.port, password }, t)
    const [transcript] = recorder.transcripts
    assert.ok(transcript !== undefined, 'no exchange was recorded')
    return { transcript, isLetIn }
  }

  test(`${program} and a bridge say what RFC 5802 has, and each believes the other`, async (t) => {
    const { transcript, isLetIn } = await recorded(t, to.password)
    const { clientFirst, serverFirst, clientFinal, serverFinal, verdict } = transcript
    const [, header = '', said, nonce = ''] =
      /^(([ny]),(?:a=user@example\.com)?,)n=user@example\.com,r=([^,]+)$/.exec(clientFirst) ?? []
    assert.equal(said, flag, clientFirst)
    const [, both = ''] = /^r=([^,]+),s=[A-Za-z0-9+/]+=*,i=4096$/.exec(serverFirst) ?? []
    assert.ok(both.startsWith(nonce) && both.length >= nonce.length + 24, serverFirst)
    const expected = expectedOf(transcript, to.password)
    assert.equal(clientFinal, `c=${base64(header)},r=${both},p=${expected.proof}`)
    assert.equal(serverFinal, expected.serverFinal)
    assert.match(verdict, /^235 |^\S+ OK |^\* /)
    assert.ok(isLetIn)
  })

  test(`${program} with a wrong password learns nothing of the right one`, async (t) => {
    const { transcript, isLetIn } = await recorded(t, 'wrong')
    const { clientFinal, serverFinal, verdict } = transcript
    assert.ok(clientFinal.endsWith(`,p=${expectedOf(transcript, 'wrong').proof}`))
    assert.equal(serverFinal, '')
    assert.match(verdict, /^535 5\.7\.8 |^\S+ NO \[AUTHENTICATIONFAILED\] /)
    assert.ok(!isLetIn)
  })
}

test('Cyrus SASL that binds a channel, as somebody in between said that it can, is not let in', async () => {
  const said = await cyrus('SCRAM-SHA-256-PLUS SCRAM-SHA-256', sending)
  assert.match(said, /^C: AUTH SCRAM-SHA-256(?:-PLUS)? p=tls-unique,,n=.*\nS: 50[14] /)
})
