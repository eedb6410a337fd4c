/** A child, and its channel, from the daemon's side: whatever it says, nothing is thrown here. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Child, type ChildEnd, type ChildProgram } from '../../src/child-process/child.ts'
import { holdListener } from '../../src/child-process/held-listener.ts'
import { fields, type Shape, text } from '../../src/shapes/shape.ts'
import { assertSentence } from '../support/golden.ts'

interface Word {
  word: string
}
const wordShape: Shape<Word> = fields<Word>({ word: text })

/** In a program: `say(message)` for the daemon to hear, `hear(line => ...)` for what it says. */
const prelude = `const channel = new (require('node:net').Socket)({ fd: 3 })
const say = (message) => channel.write(JSON.stringify(message) + '\\n')
const hear = (act) => channel.setEncoding('utf8').on('data', (lines) => lines.trim().split('\\n').map(act))
`

function start(t: TestContext, program: string, given: Partial<ChildProgram> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-child-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const modulePath = join(directory, 'program.cjs')
  writeFileSync(modulePath, prelude + program)
  const words: string[] = []
  const malformed: string[] = []
  let child: Child<Word, Word> | undefined
  const ended = new Promise<ChildEnd>((resolve) => {
    child = new Child<Word, Word>(
      { modulePath, env: { PATH: process.env['PATH'] }, ...given },
      {
        shape: wordShape,
        onMessage: ({ word }) => words.push(word),
        onMalformed: (reason) => malformed.push(reason),
        onEnd: resolve,
      },
    )
  })
  assert.ok(child !== undefined)
  return { child, ended, words, malformed }
}

test('both sides hear each other in order, whatever the size of a message', async (t) => {
  const { child, ended, words } = start(
    t,
    `hear((line) => { say({ word: JSON.parse(line).word + '!' }); say({ word: 'x'.repeat(1e6) }); channel.end() })`,
  )
  child.send({ word: 'ä\u2028\n"' })
  assert.deepEqual(await ended, { reason: 'status 0' })
  assert.deepEqual(words, ['ä\u2028\n"!', 'x'.repeat(1e6)])
})

test('what is said in pieces is one message, and several in one piece are several', async (t) => {
  const { ended, words } = start(
    t,
    `const bytes = Buffer.from('{"word":"ä"}\\n{"word":"b"}\\n{"word":"c"}\\n')
    const write = () => { const at = bytes.indexOf('ä') + 1
      channel.write(bytes.subarray(0, at), () => setImmediate(() => channel.end(bytes.subarray(at)))) }
    write()`,
  )
  await ended
  assert.deepEqual(words, ['ä', 'b', 'c'])
})

test('what is not a message is told as that, without a word of it, and costs nothing else', async (t) => {
  const lines = {
    garbage: 'a message is not JSON',
    '': 'a message is not JSON',
    null: 'a message is not as agreed at ""',
    '[{"word":"w"}]': 'a message is not as agreed at ""',
    '{"word":7}': 'a message is not as agreed at ".word"',
    '{}': 'a message is not as agreed at ".word"',
    '{"word":"w","canary":1}': 'a message is not as agreed at ".?"',
    '{"__proto__":{"word":"w"}}': 'a message is not as agreed at ".word"',
    '{"cmd":"NODE_HANDLE","type":"nope"}': 'a message is not as agreed at ".word"',
    '{"cmd":"NODE_HANDLE_ACK"}': 'a message is not as agreed at ".word"',
    '{"cmd":"NODE_HANDLE_NACK"}': 'a message is not as agreed at ".word"',
  }
  const { ended, words, malformed } = start(
    t,
    `channel.end(${JSON.stringify([...Object.keys(lines), '{"word":"last"}\n'].join('\n'))})`,
  )
  await ended
  assert.deepEqual(malformed, Object.values(lines))
  assert.deepEqual(words, ['last'])
})

test('a line without end is abandoned, and the child learns that nobody listens', async (t) => {
  const { ended, malformed } = start(
    t,
    `const more = () => channel.write('x'.repeat(1e6), (error) => error ? process.exit(7) : more())
    channel.on('error', () => process.exit(7))
    more()`,
  )
  assert.deepEqual(await ended, { reason: 'status 7' })
  assertSentence(malformed.join(), 'a message without end')
})

test('the last words of a child are heard before its end', async (t) => {
  const { ended, words } = start(t, `say({ word: 'last' }); process.exit(3)`)
  assert.deepEqual(await ended, { reason: 'status 3' })
  assert.deepEqual(words, ['last'])
})

test('a child ends when nothing more is said to it, and what is said to one that is gone is lost', async (t) => {
  const { child, ended } = start(t, `channel.on('end', () => process.exit(4)).resume()`)
  child.disconnect()
  child.send({ word: 'too late' })
  assert.deepEqual(await ended, { reason: 'status 4' })
  child.send({ word: 'gone' })
  child.disconnect()
})

test('a child without its channel, or killed, ends once', async (t) => {
  const closed = start(t, `channel.destroy(); setTimeout(() => {}, 60_000)`)
  closed.child.kill()
  assert.deepEqual(await closed.ended, { reason: 'SIGKILL' })
})

test('what cannot be started ends at once, however the kernel refuses it', async (t) => {
  const tooLong = start(t, '', { env: { TOO_LONG: 'x'.repeat(1_000_000) } })
  assert.equal(tooLong.child.pid, undefined)
  tooLong.child.send({ word: 'to nobody' })
  tooLong.child.kill()
  const end = await tooLong.ended
  assert.ok('notStarted' in end && end.notStarted.code === 'E2BIG')
  const { execPath } = process
  process.execPath = '/nonexistent/node'
  const missing = start(t, '')
  process.execPath = execPath
  const reason = await missing.ended
  assert.ok('notStarted' in reason && reason.notStarted.code === 'ENOENT')
})

test('a socket that is held refuses nobody, whichever child listens on it, or none', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { fd, close } = await holdListener(server)
  const program = `const server = require('node:net').createServer((socket) => socket.end(String(process.pid)))
  server.listen({ fd: 4 })
  channel.on('end', () => process.exit()).resume()`
  const ask = async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return Number((await socket.setEncoding('utf8').toArray()).join(''))
  }
  const early = ask()
  const first = start(t, program, { descriptors: [fd] })
  assert.equal(await early, first.child.pid)
  first.child.kill()
  await first.ended
  const between = [ask(), ask()]
  const second = start(t, program, { descriptors: [fd] })
  assert.deepEqual(await Promise.all(between), [second.child.pid, second.child.pid])
  second.child.disconnect()
  await second.ended
  close()
  await assert.rejects(ask(), { code: 'ECONNREFUSED' })
})
