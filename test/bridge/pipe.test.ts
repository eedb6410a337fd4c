import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { pipe } from '../../src/bridge/pipe.ts'

/** All that comes; reading it as an async iterable would close the other direction too. */
async function text(socket: Socket): Promise<string> {
  let all = ''
  socket.on('data', (chunk: Buffer) => (all += chunk.toString()))
  await once(socket, 'end')
  return all
}

/** Both ends of a connection. */
async function connection(t: TestContext): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [far] = (await once(server, 'connection')) as [Socket]
  t.after(() => [near, far].forEach((socket) => socket.destroy()))
  return [near, far]
}

interface Piped {
  up?: string
  down?: string
  unread?: string
  unreadMs?: number
  silentMs?: number
}

async function piped(t: TestContext, options: Piped = {}) {
  const { up = '', down = '', unread = '', unreadMs = 60_000, silentMs = 100 } = options
  const [program, client] = await connection(t)
  const [socket, server] = await connection(t)
  const done = pipe(
    client,
    { socket, unread: Buffer.from(unread) },
    { up: [Buffer.from(up)], down: [Buffer.from(down)] },
    { unreadMs, silentMs },
  )
  return { program, client, server, done }
}

test('what came before goes first, and both directions are counted', async (t) => {
  const { program, server, done } = await piped(t, { up: 'MAIL', down: '235 ', unread: 'early ' })
  program.end('DATA')
  assert.equal(await text(server), 'MAILDATA')
  server.end('late')
  assert.equal(await text(program), '235 early late')
  assert.deepEqual(await done, { bytesUp: 8, bytesDown: 14 })
})

test('a client that has closed its side is still answered', async (t) => {
  const { program, server, done } = await piped(t)
  program.end('QUIT')
  assert.equal(await text(server), 'QUIT')
  server.write('221 ')
  server.end('bye')
  assert.equal(await text(program), '221 bye')
  await done
})

/** What a program says last, and what it hears of three answers, each later than `silentMs`. */
const lastWords: Record<string, { pieces: string[]; hears: string }> = {
  'QUIT, as exim': { pieces: ['text\r\n.\r\n', 'QUIT\r\n'], hears: '250 354 221 ' },
  'quit in pieces': { pieces: ['qu', 'it', '\n'], hears: '250 354 221 ' },
  'a LOGOUT with its tag': {
    pieces: ['a1 SELECT INBOX\r\nA0002 LOGOUT\r\n'],
    hears: '250 354 221 ',
  },
  'no farewell': { pieces: ['a1 NOOP\r\n'], hears: '250 ' },
  'half a line': { pieces: ['a1 NO'], hears: '' },
}

for (const [name, { pieces, hears }] of Object.entries(lastWords)) {
  test(`a server that TLS tells of one closed side, and ${name}`, async (t) => {
    const { program, server, done } = await piped(t, { silentMs: 10 })
    // It discards what it has not written yet.
    server.on('end', () => server.destroy())
    let heard = ''
    const answer = async () => {
      for (const words of ['250 ', '354 ', '221 ']) {
        await setTimeout(50)
        if (server.destroyed) return
        server.write(words)
      }
      server.end()
    }
    server.on('data', (bytes: Buffer) => {
      const isFirst = heard === ''
      heard += bytes.toString()
      if (isFirst) void answer()
    })
    for (const piece of pieces) program.write(piece)
    program.end()
    assert.equal(await text(program), hears)
    assert.equal(heard, pieces.join(''))
    await done
  })
}

/** What a program says, at once or when it was asked to, and what it hears of a server that takes long to take a message. */
const messages: Record<string, { says: string; last?: string; answers: string[] }> = {
  'DATA, its text and nothing more': {
    says: 'MAIL\r\nRCPT\r\nDATA\r\n',
    last: 'text\r\n.\r\n',
    answers: ['250 ok\r\n354 go on\r\n', '250 queued\r\n'],
  },
  'all of it at once': {
    says: 'MAIL\r\nRCPT\r\nDATA\r\ntext\r\n.\r\n',
    answers: ['250 ok\r\n354 go on\r\n', '250 queued\r\n'],
  },
  'BDAT LAST': { says: 'BDAT 6 LAST\r\ntext\r\n', answers: ['250 queued\r\n'] },
  APPEND: {
    says: 'a APPEND INBOX {6}\r\ntext\r\n\r\n',
    answers: ['+ go on\r\n', 'a OK\r\n'],
  },
}

for (const [name, { says, last, answers }] of Object.entries(messages)) {
  test(`a message that was taken late is not unknown to a program that has closed: ${name}`, async (t) => {
    const { program, server, done } = await piped(t, { silentMs: 20 })
    server.on('end', () => server.destroy())
    const [first = '', ...later] = answers
    server.once('data', () => {
      void (async () => {
        if (later.length === 0) await setTimeout(100)
        server.write(first)
        await setTimeout(100)
        for (const answer of later) server.write(answer)
      })()
    })
    const heard = text(program)
    program.write(says)
    if (last === undefined) program.end()
    else program.once('data', () => program.end(last))
    assert.equal(await heard, answers.join(''))
    await done
  })
}

test('a client that had closed its side before is answered too', async (t) => {
  const [program, client] = await connection(t)
  const [socket, server] = await connection(t)
  program.end('QUIT')
  assert.equal(await text(client), 'QUIT')
  const done = pipe(client, { socket, unread: Buffer.alloc(0) }, { up: [], down: [] })
  assert.equal(await text(server), '')
  server.end('bye')
  assert.equal(await text(program), 'bye')
  await done
})

test('what the server closes is closed wholly, with all it has said', async (t) => {
  const { program, client, server, done } = await piped(t)
  const megabytes = 'x'.repeat(4 * 1024 * 1024)
  server.end(megabytes)
  assert.equal((await text(program)).length, megabytes.length)
  await done
  assert.ok(client.destroyed)
})

for (const who of ['program', 'server'] as const) {
  test(`an error of the ${who} ends both`, async (t) => {
    const sides = await piped(t)
    const { program, server, done } = sides
    const other = who === 'program' ? server : program
    other.on('error', () => {})
    const closed = once(other.resume(), 'end')
    sides[who].resetAndDestroy()
    await Promise.all([closed, done])
  })
}

test('a client that does not read holds the server up, and costs no memory', async (t) => {
  const { program, client, server } = await piped(t)
  program.pause()
  const piece = Buffer.alloc(1024 * 1024)
  let sent = 0
  while (server.write(piece) && sent < 64) sent += 1
  // The kernel's buffers, Node's, and no more.
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(client.writableLength < 1024 * 1024, `${client.writableLength}`)
})

test('a server that does not read keeps no place once the client is gone', async (t) => {
  const { program, server, done } = await piped(t, { unreadMs: 100 })
  server.pause()
  program.on('error', () => {})
  while (program.writableLength < 4 * 1024 * 1024) program.write(Buffer.alloc(1024 * 1024))
  await setTimeout(50)
  program.destroy()
  await done
})

test('a server that says nothing to a client that has closed its side keeps no place', async (t) => {
  const { program, server, done } = await piped(t, { unreadMs: 100 })
  server.resume()
  program.end('QUIT')
  await done
})

test('a client that goes on talking still gets all that the server said before it closed', async (t) => {
  const { program, client, server, done } = await piped(t)
  const piece = Buffer.alloc(1024 * 1024)
  let got = 0
  program.on('data', (chunk: Buffer) => {
    got += chunk.length
    program.write(Buffer.alloc(64 * 1024))
  })
  server.resume()
  for (let count = 0; count < 16; count++) server.write(piece)
  server.end()
  program.on('error', () => {})
  const over = new Promise((resolve) => program.once('end', resolve).once('close', resolve))
  await Promise.all([done, over])
  assert.equal(got, 16 * piece.length)
  assert.ok(client.destroyed)
})
