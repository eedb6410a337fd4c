/** Sockets at which as many connections wait as may: whoever asks waits too, at every socket of ours. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { ControlClient } from '../../src/client/control-client.ts'
import { probeControlSocket } from '../../src/daemon/control/probe.ts'
import { libc } from '../../src/kernel/libc.ts'
import { afUnix, socketAddress } from '../../src/kernel/socket-address.ts'
import { askOutbox } from '../../src/socket-client/ask-outbox.ts'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { openDialogue } from '../../src/socket-client/open-dialogue.ts'
import { temporaryDirectory } from '../daemon/socket/token-socket.ts'
import { expectedError } from '../support/golden.ts'

function call(declaration: string, ...values: unknown[]): number {
  return libc.func(declaration)(...values) as number
}

/** A UNIX socket at which as many wait as may, until somebody accepts them from the descriptor. */
function listenFull(path: string): number {
  const sockStream = 1
  const address = socketAddress(Buffer.from(path))
  const fd = call('int socket(int, int, int)', afUnix, sockStream, 0)
  call('int bind(int, const uint8_t *, uint32_t)', fd, address, address.length)
  assert.equal(call('int listen(int, int)', fd, 0), 0)
  return fd
}

/** Each way to ask, and how what it sends begins. */
const ways: [begins: string, ask: (path: string) => Promise<unknown>][] = [
  ['SMTP u@x', (path) => askSocket(path, 'SMTP u@x', 10_000)],
  ['GET /v1/messages', (path) => askOutbox(path, { method: 'GET', path: '/v1/messages' })],
  ['GET /v1/dialogue', (path) => openDialogue(path, { limitMs: 10_000 })],
  ['GET /v1/accounts', (path) => new ControlClient(path).accounts()],
  ['', (path) => probeControlSocket(path)],
]

for (const [begins, ask] of ways) {
  test(`where as many wait as may, "${begins}" waits as well`, async (t) => {
    const path = join(temporaryDirectory(t), 'cms.sock')
    const fd = listenFull(path)
    const first = connect(path)
    await once(first, 'connect')
    const refused = connect(path)
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'EAGAIN')
    // What it makes of a connection that is closed without an answer is its own affair.
    const asked = ask(path).catch(() => {})
    await new Promise(setImmediate)
    const heard: string[] = []
    const server = createServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', (chunk) => {
          heard.push(chunk.toString())
          socket.destroy()
        })
    }).listen({ fd })
    t.after(() => server.close())
    first.destroy()
    await asked
    assert.deepEqual(
      heard.map((text) => text.slice(0, begins.length)),
      begins === '' ? [] : [begins],
    )
  })
}

test('where nobody is ever accepted it says so after its limit', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const fd = listenFull(path)
  const waiting = connect(path)
  await once(waiting, 'connect')
  const sentence = 'where nobody is ever accepted it says so after its limit'
  await assert.rejects(
    askSocket(path, 'SMTP u@x', 50),
    expectedError('daemon_unreachable', sentence, { path }),
  )
  waiting.destroy()
  closeSync(fd)
})

test('whoever is told to stop waits no longer', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const fd = listenFull(path)
  const waiting = connect(path)
  await once(waiting, 'connect')
  await assert.rejects(new ControlClient(path, 50).accounts(), { code: 'daemon_unreachable' })
  const signal = AbortSignal.timeout(50)
  await assert.rejects(openDialogue(path, { limitMs: 10_000, signal }), {
    code: 'daemon_unreachable',
  })
  waiting.destroy()
  closeSync(fd)
})
