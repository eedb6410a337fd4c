/** TLS between programs and the bridge: the real daemon, a strict server, and plain bytes. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bridgeToml } from '../support/bridge-world.ts'
import { createTestCertificates } from '../support/certificates.ts'
import { runClient, startDaemon } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertResult, assertSentence } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { beginTls, connectTls } from '../support/tls-client.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const world = await createWorld()
after(() => world.close())
const { user, mail, home } = world
const certificates = await createTestCertificates()
after(() => certificates.remove())
const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => join(home.directory, name))
writeFileSync(certFile ?? '', certificates.cert)
writeFileSync(keyFile ?? '', certificates.key, { mode: 0o600 })

const ports = await findFreePorts(6)
const [offered = 0, required = 0, implicit = 0, own = 0, peers = 0, plainPort = 0] = ports
const socket = join(home.directory, 'tls.sock')
const peerKeys = 'tls = "required"\ncaller = ["peer"]\n'
const toml = [
  accountToml(world),
  bridgeToml(world, [`127.0.0.1:${offered}`], 'tls = "starttls"\n'),
  bridgeToml(world, [`127.0.0.1:${required}`], 'tls = "required"\n'),
  bridgeToml(world, [`127.0.0.1:${implicit}`], 'tls = "implicit"\n'),
  bridgeToml(
    world,
    [`127.0.0.1:${own}`],
    `tls = "implicit"\ncertificate_file = "${certFile}"\nkey_file = "${keyFile}"\n`,
  ),
  bridgeToml(world, [`127.0.0.1:${peers}`, socket], peerKeys),
  bridgeToml(world, [`127.0.0.1:${plainPort}`]),
].join('\n')
const daemon = await startSignedIn(world, toml)
after(() => daemon.stop())
const password = (await runClient(home, ['bridge', 'add-password', 'test'])).stdout.trim()
const printed = await runClient(home, ['bridge', 'certificate'])
const ca = printed.stdout

const plain = `AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}\r\n`
const message = (subject: string) =>
  `MAIL FROM:<${user}>\r\nRCPT TO:<friend@example.org>\r\nDATA\r\nSubject: ${subject}\r\n\r\nbody\r\n.\r\nQUIT\r\n`
const begun = /^220 2\.0\.0 .*\r\n/m

async function startTls(port: number): Promise<LineClient> {
  const client = new LineClient({ port, host: '127.0.0.1' })
  await client.say('')
  await client.say('STARTTLS\r\n')
  return beginTls(client, { ca })
}

async function isSent(client: LineClient, subject: string): Promise<void> {
  assert.match(await client.rest(), /221 /)
  assert.match(mail.messages.at(-1)?.text ?? '', new RegExp(`Subject: ${subject}\r\n`))
}

test('the certificate is printed alone, and is that of all names of this machine', () => {
  assert.match(ca, /^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/)
  assert.match(printed.stderr, /^For localhost, 127\.0\.0\.1, .*; expires on \d{4}-\d\d-\d\d\.\n$/)
  const certificate = new X509Certificate(ca)
  assert.equal(certificate.checkHost('localhost'), 'localhost')
  for (const address of ['127.0.0.1', '::1']) assert.ok(certificate.checkIP(address))
  const file = join(home.stateDirectory, 'bridge-certificate.pem')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(readFileSync(file, 'utf8').startsWith(ca))
})

for (const [name, port] of [
  ['that is offered', offered],
  ['that is required', required],
] as const) {
  test(`a program sends by STARTTLS ${name}, all in one packet`, async () => {
    const client = await startTls(port)
    client.socket.write(`EHLO test\r\n${plain}${message(name)}`)
    await isSent(client, name)
  })
}

test('a program sends by TLS from the start, byte by byte', async () => {
  const client = await connectTls(implicit, { ca })
  assert.match(await client.say(''), /^220 \S+ ESMTP\r\n$/)
  for (const byte of `EHLO test\r\n${plain}${message('implicit')}`) {
    client.socket.write(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await isSent(client, 'implicit')
})

test('a program without a password sends by STARTTLS, through a port and a socket', async () => {
  for (const to of [{ port: peers, host: '127.0.0.1' }, { path: socket }]) {
    const client = new LineClient(to)
    assert.match(await client.say(`EHLO test\r\n`, /^250 .*\r\n/m), /250 STARTTLS\r\n$/)
    assert.match(await client.say(`MAIL FROM:<${user}>\r\n`), /^530 5\.7\.0 /)
    await client.say('STARTTLS\r\n', begun)
    const secured = await beginTls(client, { ca })
    secured.socket.write(`HELO test\r\n${message('peer')}`)
    await isSent(secured, 'peer')
  }
})

test('what was said before TLS counts for nothing after it', async () => {
  const client = new LineClient({ port: offered, host: '127.0.0.1' })
  await client.say('EHLO test\r\nAUTH LOGIN\r\n', /^334 .*\r\n/m)
  await client.say('*\r\n', /^501 .*\r\n/m)
  await client.say('XA\r\nXB\r\n', /500 .*\r\n500 .*\r\n/)
  await client.say('STARTTLS\r\n', begun)
  const secured = await beginTls(client, { ca })
  // Unknown commands are counted from the beginning.
  await secured.say('XC\r\nXD\r\n', /500 .*\r\n500 .*\r\n/)
  secured.socket.destroy()
})

test('bytes behind STARTTLS are refused, and nothing of them is done', async () => {
  const before = mail.logins.length
  const client = new LineClient({ port: offered, host: '127.0.0.1' })
  await client.say('')
  client.socket.write(`STARTTLS\r\n${plain}${message('injected')}`)
  assert.match(await client.rest(), /^501 5\.5\.2 .*\r\n$/)
  assert.equal(mail.logins.length, before)
  await refused('TLS began', 'bytes behind STARTTLS')
})

async function refused(named: string, what: string, event = 'bridge.refused'): Promise<void> {
  const { reason } = await daemon.logged((line) => {
    return line.event === event && String(line['reason']).includes(named)
  })
  assertSentence(String(reason), what, { named })
}

/** Runs openssl, which may fail. */
function openssl(...words: string[]): string {
  try {
    return execFileSync('openssl', words, { input: '', encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

test('what begins otherwise than it should is closed, and the log says what to set', async () => {
  const hello = Buffer.from('16030102000100', 'hex')
  for (const [port, bytes, named, what] of [
    [plainPort, hello, 'plain text', 'TLS at a plain port'],
    [offered, hello, 'STARTTLS', 'TLS where STARTTLS is offered'],
    [implicit, 'EHLO test\r\n', 'TLS must begin', 'plain text at a port of TLS'],
    [implicit, 'POST / HTTP/1.1\r\nHost: x\r\n\r\n', 'web page', 'HTTP at a port of TLS'],
  ] as const) {
    const client = new LineClient({ port, host: '127.0.0.1' })
    client.socket.write(bytes)
    assert.doesNotMatch(await client.rest(), /EHLO|HTTP/)
    await refused(named, what, 'bridge.stray')
  }
})

const distrust = '"cms-oauth bridge certificate"'
const refusals = () => daemon.log.filter(({ reason }) => String(reason).includes(distrust)).length

test('old TLS is refused, and a program that trusts nothing is told of in plain words', async () => {
  const at = ['s_client', '-connect', `127.0.0.1:${implicit}`]
  openssl(...at, '-tls1_1', '-cipher', 'ALL@SECLEVEL=0')
  await refused('1.2', 'old TLS')
  for (const version of ['-tls1_2', '-tls1_3']) {
    const before = refusals()
    openssl(...at, version, '-verify_return_error', '-verify', '1')
    await daemon.logged(() => refusals() > before)
  }
  assert.match(openssl(...at, '-tls1_2', '-quiet'), /^220 /)
})

test('a certificate of its own is shown, and its files are read again at a reload', async () => {
  const client = await connectTls(own, { ca: certificates.ca })
  await client.say('')
  const others = await createTestCertificates()
  writeFileSync(certFile ?? '', others.cert)
  const torn = await runClient(home, ['reload'])
  assertResult(torn, 78, 'a key of another certificate', { certificate: certFile })
  writeFileSync(keyFile ?? '', others.key, { mode: 0o600 })
  assert.equal((await runClient(home, ['reload'])).status, 0)
  const renewed = await connectTls(own, { ca: others.ca })
  await renewed.say('')
  renewed.socket.destroy()
  // Who was connected before goes on.
  client.socket.write(`EHLO test\r\n${plain}${message('before the reload')}`)
  await isSent(client, 'before the reload')
  await others.remove()
})

test('the self-made certificate stays as it is at a reload and a restart', async () => {
  await daemon.stop()
  const next = await startDaemon(home)
  after(() => next.stop())
  const again = await runClient(home, ['bridge', 'certificate'])
  assert.equal(again.stdout, ca)
  const client = await connectTls(implicit, { ca })
  await client.say('')
  client.socket.destroy()
})
