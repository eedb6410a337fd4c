/** The bridge as programs meet it: the real daemon, its bridge, a strict server, and plain bytes. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { runClient } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { scraped } from '../support/scrape.ts'

const world = await createBridgeWorld()
after(() => world.close())
const { user, mail, daemon, password, port, peerPort, socket } = world

const plain = (given = password, name = user) =>
  `AUTH PLAIN ${Buffer.from(`\0${name}\0${given}`).toString('base64')}\r\n`
const message = (subject: string) =>
  `MAIL FROM:<${user}>\r\nRCPT TO:<friend@example.org>\r\nDATA\r\nSubject: ${subject}\r\n\r\nbody\r\n.\r\nQUIT\r\n`

test('a program with a password sends as the account, and the log says who it was', async () => {
  const client = new LineClient({ port, host: '127.0.0.1' })
  assert.match(await client.say(''), /^220 \S+ ESMTP\r\n$/)
  const list = await client.say('EHLO test\r\n')
  assert.match(list, /250-8BITMIME\r\n/)
  assert.match(list, /250 AUTH PLAIN LOGIN SCRAM-SHA-256\r\n$/)
  assert.equal(await client.say(plain()), '235 2.7.0 logged in\r\n')
  client.socket.write(message('one'))
  assert.match(await client.rest(), /221 /)
  assert.deepEqual(
    mail.messages.map(({ user: as, to, text }) => [as, to, text]),
    [[user, ['friend@example.org'], 'Subject: one\r\n\r\nbody\r\n']],
  )
  const login = await daemon.logged(({ event }) => event === 'bridge.login')
  assert.match(String(login['fingerprint']), /^[0-9a-f]{12}$/)
  const { user: account, caller, mechanism, uid, address, server } = login
  assert.deepEqual(
    { account, caller, mechanism, uid, address, server },
    {
      account: user,
      caller: 'test',
      mechanism: 'PLAIN',
      uid: process.getuid?.(),
      address: '127.0.0.1',
      server: `localhost:${mail.port}`,
    },
  )
  const closed = await daemon.logged(({ event }) => event === 'bridge.closed')
  assert.equal(closed['bytesUp'], message('one').length)
  assert.ok(Number(closed['bytesDown']) > 50)
  const { controlSocket } = world.home
  await scraped(
    controlSocket,
    /^cms_oauth_bridge_logins_total\{account="\w+",protocol="SMTP"\} \d/m,
  )
  await scraped(controlSocket, /^cms_oauth_bridge_clients\{protocol="SMTP"\} 0$/m)
  await scraped(controlSocket, /^cms_oauth_bridge_connections\{account="\w+"\} 0$/m)
})

for (const [where, to] of [
  ['a port', { port: peerPort, host: '127.0.0.1' }],
  ['a socket', { path: socket }],
] as const) {
  test(`a program of the daemon's user sends without a password through ${where}`, async () => {
    const before = mail.messages.length
    const client = new LineClient(to)
    assert.match(await client.say('HELO test\r\n', /^250.*\r\n/m), /^220 .*\r\n250 \S+\r\n$/)
    client.socket.write(message('two'))
    assert.match(await client.rest(), /221 /)
    assert.equal(mail.messages.length, before + 1)
    assert.equal(mail.messages.at(-1)?.user, user)
  })
}

test('all in one packet works', async () => {
  const before = mail.messages.length
  const client = new LineClient({ port, host: '127.0.0.1' })
  client.socket.write(`EHLO test\r\n${plain()}${message('three')}`)
  assert.match(await client.rest(), /\r\n235 .*\r\n250 [^]*\r\n354 [^]*\r\n221 /)
  assert.equal(mail.messages.length, before + 1)
})

test('byte by byte works too', async () => {
  const before = mail.messages.length
  const client = new LineClient({ port, host: '127.0.0.1' })
  client.socket.setNoDelay(true)
  for (const byte of `EHLO test\r\n${plain()}${message('four')}`) {
    client.socket.write(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.match(await client.rest(), /221 /)
  assert.equal(mail.messages.length, before + 1)
})

test('a wrong password and an unknown user get one answer, after a second, and nothing goes up', async () => {
  const before = mail.logins.length
  const client = new LineClient({ port, host: '127.0.0.1' })
  const startedAt = performance.now()
  const answers = [
    await client.say(`EHLO test\r\n${plain('wrong')}`, /^535.*\r\n/m),
    await client.say(plain(password, 'nobody@example.com')),
  ]
  assert.ok(performance.now() - startedAt >= 2_000)
  for (const answer of answers) {
    assertSentence(answer.split('\r\n').at(-2), 'a wrong password', { code: '535 5.7.8' })
  }
  const last = await client.say(plain('wrong'))
  assertSentence(last, 'too many wrong passwords', { code: '421 4.7.0' })
  assert.equal(await client.rest(), '')
  assert.equal(mail.logins.length, before)
  await daemon.logged(({ event, reason }) => {
    return event === 'bridge.refused' && reason === 'wrong user name or password'
  })
  await scraped(world.home.controlSocket, /^cms_oauth_bridge_refusals_total [1-9]/m)
})

test('a password that is removed is wrong at once', async () => {
  const added = await runClient(world.home, [
    'bridge',
    'add-password',
    'short',
    `--account=${user}`,
  ])
  const short = added.stdout.trim()
  const listed = await runClient(world.home, ['bridge', 'list-passwords'])
  assert.match(listed.stdout, /short +\d{4}-\d\d-\d\d +user@example\.com\n/)
  assert.doesNotMatch(listed.stdout, new RegExp(short))
  const client = new LineClient({ port, host: '127.0.0.1' })
  await client.say(`EHLO test\r\n${plain(short)}`, /^235.*\r\n/m)
  const halfway = new LineClient({ port, host: '127.0.0.1' })
  const name = Buffer.from(user).toString('base64')
  await halfway.say(`EHLO test\r\nAUTH LOGIN\r\n${name}\r\n`, /^334 UGF.*\r\n/m)
  const removed = await runClient(world.home, ['bridge', 'remove-password', 'short'])
  assert.equal(removed.status, 0, removed.stderr)
  // What it had opened is closed, and who was about to send it is late.
  await client.rest()
  await halfway.say(`${Buffer.from(short).toString('base64')}\r\n`, /^535.*\r\n/m)
  halfway.socket.destroy()
  const again = new LineClient({ port, host: '127.0.0.1' })
  await again.say(`EHLO test\r\n${plain(short)}`, /^535.*\r\n/m)
  again.socket.destroy()
})

test('a server that is away is 454, and 451 for whoever goes on with MAIL', async () => {
  mail.trouble = { at: 'connection', says: null }
  const client = new LineClient({ port, host: '127.0.0.1' })
  const said = await client.say(`EHLO test\r\n${plain()}`, /^454.*\r\n/m)
  const [, text] = /454 4\.7\.0 (.*)\r\n$/.exec(said) ?? []
  assertSentence(text, 'a server that is away')
  assert.equal(await client.say(`MAIL FROM:<${user}>\r\n`), `451 4.7.0 ${text}\r\n`)
  mail.trouble = undefined
  assert.equal(await client.say(plain()), '235 2.7.0 logged in\r\n')
  client.socket.destroy()
})

test('a web page and a TLS client are closed without an answer', async () => {
  const page = new LineClient({ port: peerPort, host: '127.0.0.1' })
  await page.say('')
  page.socket.write(`POST / HTTP/1.1\r\nHost: x\r\n\r\n${message('from a web page')}`)
  assert.equal(await page.rest(), '')
  const tls = new LineClient({ port: peerPort, host: '127.0.0.1' })
  await tls.say('')
  tls.socket.write(Buffer.from('16030102000100', 'hex'))
  assert.equal(await tls.rest(), '')
  assert.ok(!mail.messages.some(({ text }) => text.includes('web page')))
  for (const reason of ['web page', 'begins with TLS']) {
    await daemon.logged((line) => {
      return line.event === 'bridge.stray' && new RegExp(reason).test(String(line['reason']))
    })
  }
})

test('status counts what is connected to the mail server, and GET /v1/bridges who is connected where', async () => {
  const client = new LineClient({ path: socket })
  await client.say('')
  await client.say(`MAIL FROM:<${user}>\r\n`)
  const silent = new LineClient({ port, host: '127.0.0.1' })
  await silent.say('')
  const { accounts } = await daemon.control.accounts()
  assert.equal(accounts[0]?.bridge_connections, 1)
  const counted = async () => {
    const { bridges, connections } = await daemon.control.bridges()
    return [bridges.map(({ clients }) => clients), connections]
  }
  const use = { protocol: 'SMTP', user, limit: 3 }
  await untilEqual(counted, [[1, 1], [{ ...use, count: 1 }]])
  client.socket.destroy()
  silent.socket.destroy()
  await untilEqual(counted, [[0, 0], [{ ...use, count: 0 }]])
})

/** The last difference is shown where it does not get so in time. */
async function untilEqual(look: () => Promise<unknown>, expected: unknown): Promise<void> {
  const until = performance.now() + 10_000
  while (performance.now() < until && !isDeepStrictEqual(await look(), expected)) await delay(50)
  assert.deepEqual(await look(), expected)
}

test('doctor tries each address, and says which passwords are good for it', async () => {
  const { stdout } = await runClient(world.home, ['doctor'])
  for (const where of [`127.0.0.1:${port}`, `127.0.0.1:${peerPort}`, socket]) {
    assert.match(stdout, new RegExp(`^ok +bridge +SMTP at ${where}: 220 \\S+ ESMTP$`, 'm'))
  }
  assert.match(stdout, new RegExp(`^ok +bridge +SMTP for ${user}: passwords .*"test"`, 'm'))
})
