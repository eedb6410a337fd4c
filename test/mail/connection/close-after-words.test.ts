import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { closeAfterWords } from '../../../src/mail/connection/close-after-words.ts'

const limits = { readMs: 60_000, silentMs: 60_000, mostMs: 60_000 }

/** Both ends of a connection, by TCP or at a UNIX socket. */
async function connection(t: TestContext, path?: string): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  t.after(() => server.close())
  await once(server, 'listening')
  const to = path === undefined ? { port: (server.address() as AddressInfo).port } : { path }
  const near = connect({ host: '127.0.0.1', allowHalfOpen: true, ...to })
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [Socket],
    unknown,
  ]
  t.after(() => [near, far].forEach((socket) => socket.destroy()))
  return [near, far]
}

test('a peer that talks on while words are on their way to it gets all of them', async (t) => {
  const [near, far] = await connection(t)
  const words = Buffer.alloc(16 * 1024 * 1024)
  let got = 0
  far.on('data', (chunk: Buffer) => (got += chunk.length))
  near.write(words)
  closeAfterWords(near, limits)
  await once(near, 'finish')
  far.pause()
  assert.ok(got < words.length)
  for (let line = 0; line < 100; line++) far.write('NOOP\r\n')
  await new Promise((resolve) => setImmediate(resolve))
  await once(far.resume(), 'end')
  assert.equal(got, words.length)
  far.end()
  await once(near, 'close')
})

test('a peer that closes its side is not waited for', async (t) => {
  const [near, far] = await connection(t)
  near.write('221 bye\r\n')
  closeAfterWords(near, limits)
  await once(far.resume(), 'end')
  far.end()
  await once(near, 'close')
})

test('who is closed twice, or was closed before, leaves no clock running', async (t) => {
  const [near, far] = await connection(t)
  far.on('error', () => {}).resume()
  closeAfterWords(near, limits)
  closeAfterWords(near, limits)
  far.end()
  await once(near, 'close')
  closeAfterWords(near, limits)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(!process.getActiveResourcesInfo().includes('Timeout'))
})

for (const [who, limit] of [
  ['does not read', { readMs: 50 }],
  ['falls silent', { silentMs: 50 }],
  ['never falls silent', { mostMs: 50 }],
] as const) {
  test(`a peer that ${who} keeps no place`, async (t) => {
    const [near, far] = await connection(t)
    far.on('error', () => {})
    if (who === 'does not read') near.write(Buffer.alloc(16 * 1024 * 1024))
    else far.resume()
    closeAfterWords(near, { ...limits, ...limit })
    if (who === 'never falls silent') {
      const talk = setInterval(() => far.write('NOOP\r\n'))
      near.once('close', () => clearInterval(talk))
    }
    await once(near, 'close')
  })
}

test('at a UNIX socket all is closed at once, and has arrived', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'close-after-words-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [near, far] = await connection(t, join(folder, 'socket'))
  let got = 0
  far.on('data', (chunk: Buffer) => (got += chunk.length)).on('error', () => {})
  for (let line = 0; line < 100; line++) far.write('NOOP\r\n')
  near.write(Buffer.alloc(4 * 1024 * 1024))
  closeAfterWords(near, limits)
  await Promise.all([
    once(near, 'close'),
    once(
      far.once('end', () => far.end()),
      'close',
    ),
  ])
  assert.equal(got, 4 * 1024 * 1024)
})
