import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  ClientGoneError,
  ClientLines,
  ClientSilentError,
  ProxyHeaderError,
  TlsHelloError,
  UnusableLineError,
} from '../../src/bridge/client-lines.ts'

async function connected(t: TestContext): Promise<{ program: Socket; lines: ClientLines }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const program = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  const [client] = (await once(server, 'connection')) as [Socket]
  t.after(() => [program, client].forEach((socket) => socket.destroy()))
  return { program, lines: new ClientLines(client) }
}

const limits = (bytes = 10, waitMs = 10_000) => ({ bytesOf: () => bytes, waitMs })

test('lines come one at a time, however they were cut, and the rest as it was', async (t) => {
  const { program, lines } = await connected(t)
  program.write('one\r\ntwo\nth')
  assert.equal(await lines.read(limits()), 'one')
  assert.equal(await lines.read(limits()), 'two')
  const third = lines.read(limits())
  program.write('ree\r\nrest\r\nof it')
  assert.equal(await third, 'three')
  assert.equal(lines.takeRest().toString(), 'rest\r\nof it')
})

test('bytes that are not ASCII are one character each', async (t) => {
  const { program, lines } = await connected(t)
  program.write(Buffer.from([0xff, 0xc3, 0x0d, 0x0a]))
  assert.equal(await lines.read(limits()), '\u00ff\u00c3')
})

test('a line that is too long, or has NUL or a bare CR in it, cannot be used', async (t) => {
  for (const sent of ['12345678901', '1234567890\r\n1\r\n', 'a\0b\r\n', 'a\rb\r\n']) {
    const { program, lines } = await connected(t)
    program.write(sent)
    const read = lines.read(limits())
    if (sent.startsWith('1234567890\r')) assert.equal(await read, '1234567890')
    else await assert.rejects(read, UnusableLineError, JSON.stringify(sent))
  }
})

test('the limit follows what the line begins with', async (t) => {
  const { program, lines } = await connected(t)
  program.write(`AUTH ${'x'.repeat(20)}\r\n`)
  const line = await lines.read({
    bytesOf: (start) => (start.startsWith('AUTH ') ? 100 : 5),
    waitMs: 10_000,
  })
  assert.equal(line.length, 25)
})

test('a TLS client is known by its first bytes, also in the form of SSL 2, and only by those', async (t) => {
  for (const hello of ['160301', '802e0103010015', '80460103000000']) {
    const { program, lines } = await connected(t)
    program.write(Buffer.from(hello, 'hex'))
    await assert.rejects(lines.read(limits()), TlsHelloError, hello)
  }
  const later = await connected(t)
  later.program.write('a\r\n\u0016\r\n')
  assert.equal(await later.lines.read(limits()), 'a')
  assert.equal(await later.lines.read(limits()), '\u0016')
})

test('a proxy that says whom it is connected to is known by its first bytes, and only by those', async (t) => {
  const version2 = `\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c${'\x01'.repeat(12)}`
  for (const header of [
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY TCP6 ::1 ::1 1 2\r\n',
    'PROXY UNKNOWN\r\n',
    version2,
  ]) {
    const { program, lines } = await connected(t)
    program.write(Buffer.from(header, 'latin1'))
    await assert.rejects(lines.read(limits(100)), ProxyHeaderError, header)
  }
  for (const line of ['PROXY NOOP', 'PROXY', 'a PROXY TCP4']) {
    const { program, lines } = await connected(t)
    program.write(`${line}\r\nPROXY TCP4\r\n`)
    assert.equal(await lines.read(limits(100)), line)
    assert.equal(await lines.read(limits(100)), 'PROXY TCP4')
  }
})

test('who says nothing in time is silent, and who has ended is gone, with its last lines read', async (t) => {
  const { program, lines } = await connected(t)
  await assert.rejects(lines.read(limits(10, 1)), ClientSilentError)
  program.end('a\r\nb')
  assert.equal(await lines.read(limits()), 'a')
  await assert.rejects(lines.read(limits()), ClientGoneError)
})

test('thousands of lines that came at once let others have their turn', async (t) => {
  const { program, lines } = await connected(t)
  const count = 5_000
  program.write('NOOP\r\n'.repeat(count))
  await lines.read(limits())
  let turns = 0
  let isOver = false
  const turn = () => {
    turns += 1
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  for (let line = 1; line < count; line++) await lines.read(limits())
  isOver = true
  assert.ok(turns >= count / 2, `${turns} turns`)
})
