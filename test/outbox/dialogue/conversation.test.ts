/** SMTP with the outbox's process: in any pieces, with callers that are told, hostile ones, and a restart. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { OutboxConfiguration } from '../../../src/configuration/outbox-configuration.ts'
import { Conversation } from '../../../src/outbox/dialogue/conversation.ts'
import { SubmissionDialogue } from '../../../src/outbox/dialogue/submission-dialogue.ts'
import { Slots } from '../../../src/outbox/server/slots.ts'
import { assertSentence } from '../../support/golden.ts'
import { OutboxWorld } from '../outbox-world.ts'

const envelope = 'MAIL FROM:<p@x.org>\r\nRCPT TO:<root>\r\nDATA\r\n'
const asked = /354 [^\n]*\n/
const done = /^(?:250 2\.0\.0 accepted|[45]\d\d )[^\n]*\n/m

async function world(t: TestContext, more: Partial<OutboxConfiguration> = {}) {
  const made = new OutboxWorld(t, more)
  await made.start(t)
  return made
}

function stored(made: OutboxWorld): string[] {
  const folder = join(made.configuration.spool, 'new')
  return readdirSync(folder).map((id) => readFileSync(join(folder, id), 'utf8'))
}

/** What is said to bytes that come in such pieces, and what is stored. */
async function converse(pieces: readonly string[]) {
  const messages: string[] = []
  const dialogue = new SubmissionDialogue(
    {
      extensions: () => ['PIPELINING'],
      sizeLimit: () => undefined,
      createRecipients: () => {
        const addresses: string[] = []
        return { admit: (address: string) => void addresses.push(address), addresses } as never
      },
      accept: ({ recipients }, message, size) => {
        messages.push(`${recipients.join()} ${size} ${message.toString('latin1')}`)
        return 'ID'
      },
    },
    'here',
  )
  const [up, down] = [new PassThrough(), new PassThrough()]
  let said = ''
  down.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  const socket = Object.assign(up, {
    setTimeout: () => {},
    write: (text: string) => down.write(text),
    end: (text = '') => void down.end(text),
  })
  const options = { socket, dialogue, isGreeted: true, keptBytes: () => 100, slots: new Slots(1) }
  const over = new Conversation(options).run()
  for (const piece of pieces) up.push(Buffer.from(piece, 'latin1'))
  up.push(null)
  await over
  return { said, messages }
}

const line = fc.constantFrom(
  'EHLO c\r\n',
  'MAIL FROM:<a@x.org>\r\n',
  'RCPT TO:<b@x.org>\n',
  'DATA\r\n',
  'Subject: s\r\n\r\n..\r\nx\n.\n\r\n.\r\n',
  'a\r\0b\r\n',
  'RSET\r\n',
  'QUIT\r\n',
)

test('the same bytes are answered the same in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.array(fc.nat(300)),
      async (lines, at) => {
        const text = lines.join('')
        const places = [0, ...at.toSorted((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place))
        const whole = await converse([text])
        assert.deepEqual(await converse(pieces.filter((piece) => piece !== '')), whole)
        assert.deepEqual(await converse(Array.from(text)), whole)
      },
    ),
    { numRuns: 200 },
  )
})

test('what is answered with 250 is in the spool, with the user as the kernel names it', async (t) => {
  const made = await world(t)
  const client = await made.openDialogue()
  assert.match(
    await client.say('EHLO c\r\n', /^250 [^\n]*\n/m),
    /^250-\S+\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n$/,
  )
  await client.say(envelope, asked)
  assert.match(await client.say('Subject: hi\r\n\r\n..dots\r\n.\r\n', done), /^250 /)
  const [entry = ''] = stored(made)
  assert.match(entry, /"rcpt":\["me@example.org"\]/)
  assert.match(entry, /^X-Submitted-By: \S+@\S+ \(uid \d+\)\r$/m)
  assert.match(entry, /^To: me@example.org\r$/m)
  assert.match(entry, /\r\n\r\n\.dots\r\n$/)
  assert.match(await client.say('QUIT\r\n'), /^221 /)
  assert.equal(await client.rest(), '')
})

test('a caller that the bridge has let in is named, and is not greeted again', async (t) => {
  const made = await world(t)
  const printer = { by: 'password', name: 'printer' }
  const device = { by: 'network', name: '192.168.7.20' }
  const callers = [
    [printer, 'printer@\\S+ \\(password\\)', { caller: 'printer' }],
    [device, '192\\.168\\.7\\.20@\\S+ \\(network\\)', { address: '192.168.7.20' }],
    [{ by: 'peer', uid: 65_534 }, 'nobody@\\S+ \\(uid 65534\\)', { uid: 65_534 }],
  ] as const
  for (const [index, [caller, shown, logged]] of callers.entries()) {
    const client = await made.openDialogue(caller)
    await client.say(envelope, asked)
    assert.match(await client.say('Subject: hi\r\n\r\n.\r\n', done), /^250 /)
    client.socket.destroy()
    const wanted = new RegExp(`^X-Submitted-By: ${shown}\r$`, 'm')
    assert.equal(stored(made).filter((entry) => wanted.test(entry)).length, 1, shown)
    const { event, fields } = (await made.waitFor('log', index + 1))[index] ?? {}
    const { uid, caller: name, address } = fields ?? {}
    assert.equal(event, 'outbox.accepted')
    assert.deepEqual(JSON.parse(JSON.stringify({ uid, caller: name, address })), logged)
  }
})

test('each program with a password, and each device, has a quota of its own', async (t) => {
  const made = await world(t, { quota: { messages: 1, bytes: 1_000_000 } })
  const send = async (name: string) => {
    const client = await made.openDialogue({ by: 'password', name })
    await client.say(envelope, asked)
    const said = await client.say('.\r\n', done)
    client.socket.destroy()
    return said.slice(0, 9)
  }
  assert.deepEqual(
    [await send('printer'), await send('printer'), await send('nas')],
    ['250 2.0.0', '452 4.3.1', '250 2.0.0'],
  )
})

const refusals: [name: string, bytes: string, status: RegExp][] = [
  [
    'another protocol',
    'GET /v1/dialogue HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    /^HTTP\/1\.1 400 /,
  ],
  [
    'another path',
    'GET /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: smtp\r\n\r\n',
    /^HTTP\/1\.1 400 /,
  ],
  [
    'a caller that cannot be read',
    'GET /v1/dialogue HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: smtp\r\nCms-Oauth-Caller: {"by":"root"}\r\n\r\n',
    /^HTTP\/1\.1 400 [^]*Cms-Oauth-Caller/,
  ],
]

for (const [name, bytes, status] of refusals) {
  test(`${name} is refused`, async (t) => {
    const made = await world(t)
    const client = made.askForDialogue()
    client.socket.destroy()
    const other = made.connect()
    other.socket.end(bytes)
    assert.match(await other.rest(), status)
  })
}

test('who is not in "allow" is refused by the words of HTTP', async (t) => {
  const made = await world(t, { allow: { users: ['nobody'], groups: [] } })
  assert.match(await made.askForDialogue().rest(), /^HTTP\/1\.1 403 [^]*"not_permitted"/)
})

test('what a line may not be ends the conversation', async (t) => {
  const made = await world(t)
  for (const bytes of ['a'.repeat(3_000), 'RS\0ET\r\n', 'RSET\rRSET\r\n']) {
    const client = await made.openDialogue()
    client.socket.write(bytes)
    assertSentence(await client.rest(), 'a line that cannot be', { code: '500 5.5.6' })
  }
})

test('half a message is none', async (t) => {
  const made = await world(t)
  const client = await made.openDialogue()
  await client.say(envelope, asked)
  client.socket.end('Subject: half\r\n\r\nof it\r\n.\r')
  assert.equal(await client.rest(), '')
  assert.deepEqual(stored(made), [])
})

test('a message that is too large is 552, its sender heard to its end', async (t) => {
  const made = await world(t)
  const client = await made.openDialogue()
  await client.say(envelope, asked)
  client.socket.write(`Subject: large\r\n\r\n${'a\r\n'.repeat(1_000_000)}.\r\n`)
  assert.match(await client.say('', done), /^552 5\.3\.4 /)
  assert.match(await client.say('NOOP\r\n'), /^250 /)
})

test('more large messages than there is room for wait, and all are taken', async (t) => {
  const made = await world(t, {
    rules: { ...new OutboxWorld(t).configuration.rules, maxSize: 4_000_000 },
  })
  const text = 'a\r\n'.repeat(500_000)
  const clients = await Promise.all([1, 2, 3, 4].map(() => made.openDialogue()))
  for (const client of clients) {
    await client.say(envelope, asked)
    client.socket.write(text)
  }
  // Two hold the places; one of them goes without an end.
  clients[0]?.socket.destroy()
  const rest = clients.slice(1)
  const said = await Promise.all(rest.map((client) => client.say('.\r\n', done)))
  assert.deepEqual(
    said.map((each) => each.slice(0, 3)),
    ['250', '250', '250'],
  )
})

test('who asks and asks and reads no answer is not answered any more', async (t) => {
  const made = await world(t)
  const client = await made.openDialogue()
  client.socket.pause()
  let sent = 0
  const more = () => {
    while (sent < 40_000_000 && client.socket.write('NOOP\r\n'.repeat(10_000))) sent += 60_000
  }
  more()
  client.socket.on('drain', more)
  let last = -1
  while (sent !== last) {
    last = sent
    await delay(300)
  }
  assert.ok(sent < 40_000_000, `${sent} bytes were read`)
  client.socket.destroy()
})

test('a restart ends who only waits at once, and who sends after the message', async (t) => {
  const made = await world(t)
  const [idle, sending] = [await made.openDialogue(), await made.openDialogue()]
  await sending.say(envelope, asked)
  const closed = new Promise<void>((resolve) => made.process.close(resolve))
  assert.match(await idle.rest(), /^421 4\.3\.2 /)
  idle.socket.end()
  assert.match(await sending.say('.\r\n', /\n421 4\.3\.2 [^\n]*\n/), /^250 2\.0\.0 accepted/)
  sending.socket.end()
  await closed
  assert.equal(stored(made).length, 1)
})
