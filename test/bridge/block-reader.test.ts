/** Mails arrive as they were, wherever they end in the blocks that they are read in. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { type TestContext, after, before, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { acceptedSocket } from '../../src/bridge/accepted-socket.ts'
import { BlockReader, readerOf } from '../../src/bridge/block-reader.ts'
import { Blocks, giveBack } from '../../src/bridge/blocks.ts'
import { pipe } from '../../src/bridge/pipe.ts'
import { beginTls, createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'

const record = 16 * 1_024
const read = 128 * 1_024
const long = { after: 2 * 1_024 * 1_024, read: 512 * 1_024 }
/** Around the ends of pieces and blocks, and of what is worth one. */
const lengths = [
  1,
  8_191,
  8_192,
  ...[1, 3, 4, 5, 8, 16, 32, 48].flatMap((count) =>
    [-1, 0, 1].map((more) => count * record + more),
  ),
  ...[2, 3].flatMap((count) => [-1, 0, 1].map((more) => count * read + more)),
  ...[0, 1, 2].flatMap((count) => [-1, 0, 1].map((more) => long.after + count * long.read + more)),
]

let certificates: TestCertificates
before(async () => (certificates = await createTestCertificates()))
after(() => certificates.remove())

/** A program and its mail server, with a pipe between them. */
async function piped(t: TestContext): Promise<{ program: Socket; server: TLSSocket }> {
  const { key, cert, ca } = certificates
  const [local, upstream] = [
    createServer({ allowHalfOpen: true, pauseOnConnect: true }),
    createTlsServer({ key, cert, allowHalfOpen: true }),
  ]
  for (const each of [local, upstream]) await once(each.listen(0, '127.0.0.1'), 'listening')
  const [localPort = 0, port = 0] = [local, upstream].map(
    (each) => (each.address() as AddressInfo).port,
  )
  const program = connect({ port: localPort, host: '127.0.0.1', allowHalfOpen: true })
  const [accepted] = (await once(local, 'connection')) as [Socket]
  const client = acceptedSocket(accepted)
  assert.ok(client !== undefined)
  const socket = beginTls({ host: 'localhost', port, isImplicitTls: true }, createMailTls([ca]), {
    reader: BlockReader.forTls(),
  })
  const [[server]] = (await Promise.all([
    once(upstream, 'secureConnection'),
    once(socket, 'secureConnect'),
  ])) as [[TLSSocket], unknown]
  assert.ok(readerOf(client) !== undefined && readerOf(socket) !== undefined)
  void pipe(client, { socket, unread: Buffer.alloc(0) }, { up: [], down: [] })
  t.after(() => {
    for (const each of [program, server, client, socket]) each.destroy()
    for (const each of [local, upstream]) each.close()
  })
  return { program, server }
}

/** Bytes of which no server would think that they are to be answered, and that end soon after the last. */
function randomMail(length: number): Buffer {
  const mail = randomBytes(length)
  mail[length - 1] = 0
  return mail
}

/** What comes until the end, read in a hurry or slowly. */
async function digestOf(socket: Socket, isSlow: boolean): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of socket) {
    hash.update(chunk as Buffer)
    for (let turns = isSlow ? 20 : 0; turns > 0; turns--) await new Promise(setImmediate)
  }
  return hash.digest('hex')
}

for (const direction of ['down', 'up'] as const) {
  for (const isSlow of [false, true]) {
    const pace = isSlow ? 'slowly' : 'in a hurry'
    test(`mails of all lengths at once come ${direction}, and are read ${pace}`, async (t) => {
      const digests = await Promise.all(
        lengths.map(async (length) => {
          const mail = randomMail(length)
          const { program, server } = await piped(t)
          const [from, to] = direction === 'up' ? [program, server] : [server, program]
          from.end(mail)
          return [await digestOf(to, isSlow), createHash('sha256').update(mail).digest('hex')]
        }),
      )
      assert.deepEqual(
        lengths.filter((_, index) => digests[index]?.[0] !== digests[index]?.[1]),
        [],
      )
    })
  }

  test(`mail after mail comes ${direction} by one connection, with pauses`, async (t) => {
    const { program, server } = await piped(t)
    const [from, to] = direction === 'up' ? [program, server] : [server, program]
    const sent = createHash('sha256')
    const arrived = digestOf(to, false)
    for (const length of [...lengths, ...lengths.toReversed()]) {
      const mail = randomMail(length)
      sent.update(mail)
      if (!from.write(mail)) await once(from, 'drain')
    }
    from.end()
    assert.equal(await arrived, sent.digest('hex'))
  })
}

for (const direction of ['down', 'up'] as const) {
  for (const who of ['program', 'server'] as const) {
    test(
      `a mail ${direction} that the ${who} cuts off leaves no block lent`,
      { timeout: 20_000 },
      async (t) => {
        const lend = t.mock.method(Blocks.prototype, 'lend')
        const takeBack = t.mock.method(Blocks.prototype, 'takeBack')
        const until = async (isSo: () => boolean) => {
          for (; !isSo(); await new Promise(setImmediate)) t.signal.throwIfAborted()
        }
        const ends = await piped(t)
        const { program, server } = ends
        for (const end of [program, server]) end.on('error', () => {})
        const [from, to] = direction === 'up' ? [program, server] : [server, program]
        to.pause()
        from.write(Buffer.alloc(16 * 1_024 * 1_024))
        await until(() => lend.mock.callCount() > 0)
        ends[who].destroy()
        await until(() => takeBack.mock.callCount() === lend.mock.callCount())
      },
    )
  }
}

test('what comes before somebody is connected is read as from any socket', async (t) => {
  const local = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  t.after(() => local.close())
  await once(local, 'listening')
  const program = connect((local.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(local, 'connection')) as [Socket]
  const client = acceptedSocket(accepted)
  assert.ok(client !== undefined)
  t.after(() => client.destroy())
  const mail = randomBytes(300_000)
  program.end(mail)
  const chunks: Buffer[] = []
  for await (const chunk of client) chunks.push(chunk as Buffer)
  assert.ok(Buffer.concat(chunks).equals(mail))
  assert.ok(chunks.every(({ length }) => length <= record))
})

test('only a long mail is read in large blocks, and what comes after a short line is not', () => {
  const reader = BlockReader.forPlain()
  const socket = new Socket()
  reader.attach(socket)
  reader.forward(socket, giveBack)
  const { onread } = reader
  /** Reads so many bytes or what there is room for: returns how many. */
  const receive = (most = Infinity) => {
    const room = onread.buffer instanceof Uint8Array ? onread.buffer : onread.buffer()
    const bytes = Math.min(most, room.length)
    onread.callback(bytes, room)
    return bytes
  }
  for (const _ of ['a mail', 'another one']) {
    for (let passed = 0; passed < long.after;) {
      const bytes = receive(passed % 3 === 0 ? 50_000 : read)
      assert.ok(bytes <= read)
      passed += bytes
    }
    assert.deepEqual([receive(), receive(100_000), receive()], [long.read, 100_000, long.read])
    receive('a NOOP\r\n'.length)
  }
  socket.destroy()
})
