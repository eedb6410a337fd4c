import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { converse } from '../../src/bridge/conversation.ts'
import { EventLog } from '../../src/bridge/event-log.ts'
import type { Dialogue } from '../../src/bridge/gate.ts'
import { ImapDialogue } from '../../src/bridge/imap/imap-dialogue.ts'
import { PopDialogue } from '../../src/bridge/pop/pop-dialogue.ts'
import { SmtpDialogue } from '../../src/bridge/smtp/smtp-dialogue.ts'
import { FakeGate } from './fake-gate.ts'

async function connected(t: TestContext): Promise<{ program: Socket; client: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const program = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  const [client] = (await once(server, 'connection')) as [Socket]
  t.after(() => [program, client].forEach((socket) => socket.destroy()))
  for (const socket of [program, client]) socket.on('error', () => {})
  return { program, client }
}

/** A dialogue that answers every line, and counts them. */
class Chat implements Dialogue {
  readonly farewells = { silent: 'silent\r\n', unusable: 'unusable\r\n' }
  readonly #reply: string
  lines = 0

  constructor(reply: string) {
    this.#reply = reply
  }

  greet(): { reply: string } {
    return { reply: 'hello\r\n' }
  }

  lineLimit(): number {
    return 100
  }

  receive(): { reply: string } {
    this.lines += 1
    return { reply: this.#reply }
  }
}

function conversation(
  client: Socket,
  dialogue: Dialogue,
  limits: Record<string, number>,
  events: string[] = [],
) {
  return converse({
    client,
    tls: { begins: 'off' },
    createDialogue: () => dialogue,
    log: new EventLog(({ event }) => events.push(event)),
    fields: () => ({}),
    onPiped: () => {},
    limits: { silenceMs: 60_000, dialogueMs: 60_000, ...limits },
  })
}

test('who asks and asks and reads no answer is not answered any more', async (t) => {
  const { program, client } = await connected(t)
  const chat = new Chat(`${'x'.repeat(65_534)}\r\n`)
  const lines = 2_000
  program.pause().write('a\r\n'.repeat(lines))
  await conversation(client, chat, { silenceMs: 200 })
  assert.ok(chat.lines < lines, `${chat.lines} lines were answered`)
  assert.ok(client.writableLength < 200_000, `${client.writableLength} bytes wait`)
})

test('who is gone before it has read all answers ends the conversation', async (t) => {
  const { program, client } = await connected(t)
  const chat = new Chat(`${'x'.repeat(65_534)}\r\n`)
  program.pause().write('a\r\n'.repeat(2_000))
  const ended = conversation(client, chat, {})
  while (!client.writableNeedDrain) await new Promise(setImmediate)
  program.resetAndDestroy()
  await ended
  assert.ok(client.destroyed)
})

test('who never stops talking is stopped when its time is over', async (t) => {
  const { program, client } = await connected(t)
  program.resume()
  const talk = () => {
    while (!program.destroyed && program.write('a\r\n'.repeat(10_000)));
  }
  program.on('drain', talk)
  talk()
  await conversation(client, new Chat('b\r\n'), { dialogueMs: 300 })
  await once(client, 'close')
  assert.ok(client.destroyed)
})

test('a client that has closed its side gets all its answers, however late it reads', async (t) => {
  const { program, client } = await connected(t)
  const chat = new Chat(`${'x'.repeat(1_022)}\r\n`)
  program.pause().end('a\r\n'.repeat(8_000))
  const ended = conversation(client, chat, {})
  while (!client.writableNeedDrain) await new Promise(setImmediate)
  let got = 0
  program.on('data', (chunk: Buffer) => (got += chunk.length)).resume()
  await once(program, 'end')
  await ended
  assert.equal(got, 'hello\r\n'.length + 8_000 * 1_024)
})

test('the last words reach a client that goes on talking', async (t) => {
  const { program, client } = await connected(t)
  let got = ''
  program.on('data', (chunk: Buffer) => (got += chunk.toString()))
  program.write('x'.repeat(2_000_000))
  await conversation(client, new Chat('b\r\n'), {})
  await once(program, 'end')
  assert.equal(got, 'hello\r\nunusable\r\n')
  program.end()
  await once(client, 'close')
})

const dialogues = {
  SMTP: (gate: FakeGate) => new SmtpDialogue({ gate, hostname: 'here' }),
  IMAP: (gate: FakeGate) => new ImapDialogue(gate),
  POP: (gate: FakeGate) => new PopDialogue(gate),
}
const logins = {
  SMTP: 'MAIL FROM:<user@example.com>',
  IMAP: 'a LOGIN user@example.com right',
  POP: 'USER user@example.com\r\nPASS right',
}
const begun = { SMTP: 'AUTH LOGIN', IMAP: 'a AUTHENTICATE LOGIN', POP: 'AUTH LOGIN' }
const verbs = ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'DELETE', 'MAIL', 'a']

for (const protocol of ['SMTP', 'IMAP', 'POP'] as const) {
  test(`${protocol}: a web page gets no answer, whoever it is and whatever it began`, async (t) => {
    for (const before of [[], [begun[protocol]]]) {
      for (const verb of verbs) {
        const { program, client } = await connected(t)
        const gate = Object.assign(new FakeGate(), { admission: 'peer' as const })
        const events: string[] = []
        let got = ''
        program.on('data', (chunk: Buffer) => (got += chunk.toString()))
        const lines = [...before, `${verb} / HTTP/1.1`, 'Host: x', '', logins[protocol]]
        program.write(`${lines.join('\r\n')}\r\n`)
        await conversation(client, dialogues[protocol](gate), {}, events)
        await once(program, 'close')
        assert.deepEqual(gate.logins, [], verb)
        assert.deepEqual(events, ['bridge.stray'], verb)
        assert.equal(got.split('\r\n').length, 2 + before.length, got)
      }
    }
  })
}
