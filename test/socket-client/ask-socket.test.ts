import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { askOutbox } from '../../src/socket-client/ask-outbox.ts'
import { askSocket, startTokenHint } from '../../src/socket-client/ask-socket.ts'
import { readRequest, temporaryDirectory } from '../daemon/socket/token-socket.ts'
import { assertSentence, expectedError } from '../support/golden.ts'

const needsRoot = process.geteuid?.() === 0 ? false : 'needs root'

/** A UNIX socket that is served by `handle`, and its path. */
async function serve(t: TestContext, handle: (socket: Socket) => unknown): Promise<string> {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return path
}

test('the request is half-closed, and all pieces of the answer are collected', async (t) => {
  const path = await serve(t, async (socket) => {
    socket.write(`${await readRequest(socket)}:`)
    socket.end('x'.repeat(500_000))
  })
  const answer = await askSocket(path, 'SMTP u@x', 10_000)
  assert.equal(answer.toString(), `SMTP u@x:${'x'.repeat(500_000)}`)
})

test('an answer without a byte is an empty one', async (t) => {
  const path = await serve(t, (socket) => socket.resume().end())
  assert.deepEqual(await askSocket(path, 'SMTP u@x', 10_000), Buffer.alloc(0))
})

test('nobody at the path is daemon_unreachable', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  await assert.rejects(
    askSocket(path, 'SMTP u@x', 10_000),
    expectedError('daemon_unreachable', 'nobody at the path is daemon_unreachable', { path }),
  )
})

test('what is not a socket is told as such', async (t) => {
  const directory = temporaryDirectory(t)
  const file = join(directory, 'config.toml')
  writeFileSync(file, '')
  for (const [kind, path] of Object.entries({ directory, file, device: '/dev/null' })) {
    const key = `what is not a socket: a ${kind}`
    const asked = askSocket(path, 'SMTP u@x', 10_000)
    await assert.rejects(asked, expectedError('daemon_unreachable', key, { path }))
    const outbox = askOutbox(path, { method: 'GET', path: '/v1/messages' })
    const outboxKey = `what is not the socket of an outbox: a ${kind}`
    await assert.rejects(outbox, expectedError('daemon_unreachable', outboxKey, { path }))
  }
})

test('a server that keeps silent is abandoned after the limit', async (t) => {
  const path = await serve(t, (socket) => socket.resume())
  await assert.rejects(
    askSocket(path, 'SMTP u@x', 20),
    expectedError('daemon_unreachable', 'a server that keeps silent is abandoned after the limit', {
      path,
    }),
  )
})

test('a server that sends a byte now and then is abandoned after the limit too', async (t) => {
  const path = await serve(t, (socket) => {
    const timer = setInterval(() => socket.write('x'), 5)
    socket.once('close', () => clearInterval(timer))
  })
  await assert.rejects(askSocket(path, 'SMTP u@x', 50), { code: 'daemon_unreachable' })
})

test('an answer without end is abandoned after 1 MiB', async (t) => {
  const path = await serve(t, (socket) => {
    const fill = () => {
      while (socket.write('x'.repeat(64 * 1024)));
    }
    socket.on('drain', fill)
    fill()
  })
  await assert.rejects(
    askSocket(path, 'SMTP u@x', 10_000),
    expectedError('daemon_unreachable', 'an answer without end is abandoned after 1 MiB', { path }),
  )
})

test('a path that would be cut off is refused before anything is sent', async () => {
  const path = `/tmp/${'x'.repeat(103)}`
  await assert.rejects(
    askSocket(path, 'SMTP u@x', 10_000),
    expectedError('usage', 'a path that would be cut off is refused before anything is sent', {
      path,
    }),
  )
})

test(
  'who may not open it learns which directory or socket refuses',
  { skip: needsRoot },
  async (t) => {
    const path = await serve(t, (socket) => socket.resume().end('T0KEN'))
    const directory = join(path, '..')
    chmodSync(directory, 0o711)
    const closed = join(directory, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const client = join(directory, 'ask.cjs')
    await build({
      entryPoints: [join(import.meta.dirname, '../../src/socket-client/ask-socket.ts')],
      outfile: client,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      define: { 'import.meta.dirname': '__dirname' },
      logLevel: 'error',
    })
    // Where the other user can read it.
    for (const name of ['koffi', '@koromix']) {
      const from = join(import.meta.dirname, '../../node_modules', name)
      cpSync(from, join(directory, 'node_modules', name), { recursive: true })
    }
    const askAsForeigner = async (path: string) => {
      const script = `
      const { askSocket } = require(${JSON.stringify(client)})
      askSocket(process.argv[1], 'SMTP u@x', 10000).catch(({ code, message, hint }) => {
        console.log(code + ': ' + message + '; ' + hint)
      })`
      const as = ['--reuid=64321', '--regid=64321', '--clear-groups', process.execPath]
      const { stdout } = await promisify(execFile)('setpriv', [...as, '-e', script, path])
      return stdout.trim()
    }
    const refusal = { code: 'not_permitted', path }
    chmodSync(path, 0o600)
    assertSentence(await askAsForeigner(path), 'a socket that one may not open', refusal)
    chmodSync(path, 0o660)
    assertSentence(await askAsForeigner(path), "a socket of root's group", refusal)
    chownSync(path, 0, 8)
    assertSentence(await askAsForeigner(path), 'a socket of the group mail', refusal)
    const hidden = join(closed, 'a', 'cms.sock')
    assertSentence(await askAsForeigner(hidden), 'a directory that one may not search', {
      code: 'not_permitted',
      directory: closed,
      path: hidden,
    })
  },
)

/** Which of the two are there, which one is asked, and whose name the hint says. */
for (const [there, asked, named] of [
  [[], 'own', undefined],
  [[], 'system', undefined],
  [['system'], 'own', 'system'],
  [['own'], 'system', 'own'],
  [['system'], 'another', 'system'],
  [['own'], 'another', 'own'],
] as const) {
  const key = `where nobody answers: ${asked}, while there is ${there[0] ?? 'none'}`
  test(key, async (t) => {
    const directory = temporaryDirectory(t)
    const at = (name: string) => join(directory, `${name}.sock`)
    for (const name of there) {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(at(name), resolve))
      t.after(() => server.close())
    }
    const hint = startTokenHint(at(asked), { own: at('own'), system: at('system') })
    assertSentence(hint, key, named === undefined ? {} : { socket: at(named) })
  })
}
