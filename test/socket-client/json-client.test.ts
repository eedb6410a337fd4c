import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { JsonClient } from '../../src/socket-client/json-client.ts'

/** A client of a server, whose errors are the names of the faults and what they were told. */
async function open(t: TestContext, listener?: RequestListener): Promise<JsonClient> {
  const directory = mkdtempSync(join(tmpdir(), 'json-client-'))
  const path = join(directory, 'http.sock')
  const server = createServer(listener)
  if (listener !== undefined) await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  })
  return new JsonClient(path, {
    noAnswer: ({ name, code }) => new Error(`noAnswer ${code} ${name}`),
    notJson: () => new Error('notJson'),
    refusal: (answer) => new Error(`refusal ${JSON.stringify(answer)}`),
  })
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const get = { method: 'GET', path: '/x' }

test('a body of text or of bytes arrives as it is, with its length', async (t) => {
  const client = await open(t, (request, response) => {
    const { method, url } = request
    const length = request.headers['content-length']
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => response.end(JSON.stringify({ method, url, length, body })))
  })
  for (const body of ['{"ü":1}', Buffer.from('a line\r\n\0')]) {
    const length = String(Buffer.byteLength(body))
    assert.deepEqual(await client.fetch({ method: 'PUT', path: '/y?z=1', body }), {
      method: 'PUT',
      url: '/y?z=1',
      length,
      body: body.toString(),
    })
  }
  assert.deepEqual(await client.fetch(get), { method: 'GET', url: '/x', body: '' })
})

test('a stream gives each line once it is whole, in whatever pieces it comes', async (t) => {
  const client = await open(t, (_request, response) => {
    const bytes = Buffer.from('{"a":"ü"}\n{"b":2}\n{"cut":')
    let at = 0
    const next = () => {
      if (at === bytes.length) response.end()
      else response.write(bytes.subarray(at, ++at), () => setImmediate(next))
    }
    next()
  })
  assert.deepEqual(await allOf(client.stream(get)), [{ a: 'ü' }, { b: 2 }])
})

for (const [what, listener, fault] of [
  ['nobody listens', undefined, 'noAnswer ENOENT Error'],
  ['hangs up', (_, response) => response.destroy(), 'noAnswer ECONNRESET Error'],
  [
    'another protocol',
    ({ socket }) => socket.write('HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    'noAnswer ECONNRESET Error',
  ],
  ['is cut', (_, response) => response.write('{', () => response.destroy()), 'noAnswer ECONNRESET'],
  ['no JSON', (_, response) => response.end('<html>\n'), 'notJson'],
  ['no object', (_, response) => response.end('1\n'), 'notJson'],
  ['empty', (_, response) => response.end('\n'), 'notJson'],
  [
    'refuses',
    (_, response) => response.writeHead(503).end('{"error":"e"}'),
    'refusal {"error":"e"}',
  ],
  ['refuses in HTML', (_, response) => response.writeHead(502).end('<html>'), 'notJson'],
] satisfies [string, RequestListener | undefined, string][]) {
  test(`an answer that is none becomes the caller's own error: ${what}`, async (t) => {
    const client = await open(t, listener)
    const expected = { message: new RegExp(`^${fault}`) }
    await assert.rejects(client.fetch(get), expected)
    await assert.rejects(allOf(client.stream(get)), expected)
  })
}

test('an aborted request is not an answer, before it came and in the middle', async (t) => {
  const client = await open(t, (request, response) => {
    if (request.url === '/lines') response.write('{"a":1}\n')
  })
  const signal = AbortSignal.timeout(20)
  await assert.rejects(client.fetch({ ...get, signal }), {
    message: /^noAnswer .*(Abort|Timeout)Error/,
  })
  const controller = new AbortController()
  const lines = client.stream({ ...get, path: '/lines', signal: controller.signal })
  await assert.rejects(
    async () => {
      for await (const line of lines) {
        assert.deepEqual(line, { a: 1 })
        controller.abort()
      }
    },
    { message: /^noAnswer / },
  )
})

for (const [what, ask] of [
  ['an answer', async (client: JsonClient) => client.fetch(get)],
  ['a line', async (client: JsonClient) => allOf(client.stream(get))],
  ['a refusal', async (client: JsonClient) => client.fetch({ ...get, path: '/refusal' })],
] as const) {
  test(`${what} without end is not JSON, and is not waited for`, async (t) => {
    const block = 'a'.repeat(1024 * 1024)
    const client = await open(t, ({ url }, response) => {
      response.writeHead(url === '/refusal' ? 400 : 200).write('{"a":"')
      const push = () => {
        while (response.writable && response.write(block));
        if (response.writable) response.once('drain', push)
      }
      push()
    })
    await assert.rejects(ask(client), { message: 'notJson' })
  })
}
