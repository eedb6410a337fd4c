import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ControlClient } from '../../src/client/control-client.ts'
import { isSilence, permissionHint, startHint } from '../../src/client/no-answer.ts'
import type { CmsOauthError } from '../../src/errors.ts'
import { assertError, assertSentence, expectedError } from '../support/golden.ts'

async function temporaryPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'control-client-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'control.sock')
}

async function listen(t: TestContext, server: Server): Promise<string> {
  const path = await temporaryPath(t)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  return path
}

function answer(t: TestContext, listener: RequestListener): Promise<string> {
  return listen(t, createHttpServer(listener))
}

async function drain(lines: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = []
  for await (const line of lines) all.push(line)
  return all
}

/** As little as each command needs. */
function answerTo(question: string): object {
  switch (question) {
    case 'GET /v1/accounts':
      return { version: '1.0.0', pid: 1, accounts: [] }
    case 'DELETE /v1/accounts/a%40x/grant?revoke=true':
      return { was_revoked: true }
    case 'POST /v1/reload':
      return { file: '/c', added: [], removed: [], changed: [] }
    case 'POST /v1/accounts/a%40x/sign-in':
      return { event: 'page_opened' }
    case 'GET /v1/events':
      return { event: 'token.refreshed', time: '2026-01-02T03:04:05.000Z' }
    default:
      return {}
  }
}

test('every function is its request', async (t) => {
  const requests: string[] = []
  const path = await answer(t, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      requests.push(`${request.method} ${request.url} ${body}`.trim())
      response.end(`${JSON.stringify(answerTo(`${request.method} ${request.url}`))}\n`)
    })
  })
  const client = new ControlClient(path)
  await client.accounts()
  await client.importGrant('a/b@x', { refresh_token: 'R' })
  await client.forgetGrant('a@x', true)
  await client.refresh('a@x')
  await client.reload()
  await drain(client.signIn('a@x', { method: 'browser' }))
  await drain(client.events())
  assert.deepEqual(requests, [
    'GET /v1/accounts',
    'PUT /v1/accounts/a%2Fb%40x/grant {"refresh_token":"R"}',
    'DELETE /v1/accounts/a%40x/grant?revoke=true',
    'POST /v1/accounts/a%40x/refresh',
    'POST /v1/reload',
    'POST /v1/accounts/a%40x/sign-in {"method":"browser"}',
    'GET /v1/events',
  ])
})

test('lines come whole, however they are cut', async (t) => {
  const time = '2026-01-02T03:04:05.000Z'
  const path = await answer(t, (_request, response) => {
    response.write(`{"time":"${time}","event":"o`)
    setImmediate(() => {
      response.end(`ne"}\n{"time":"${time}","event":"two"}\n{"time":"${time}","event":"cut`)
    })
  })
  const lines = await drain(new ControlClient(path).events())
  assert.deepEqual(lines, [
    { time, event: 'one' },
    { time, event: 'two' },
  ])
})

test("the daemon's error comes back as it was", async (t) => {
  const path = await answer(t, (_request, response) => {
    response.writeHead(503)
    response.end('{"error":"store_locked","error_description":"busy","hint":"wait"}')
  })
  const expected = { code: 'store_locked', message: 'busy', hint: 'wait' }
  await assert.rejects(new ControlClient(path).refresh('a@x'), expected)
})

for (const [name, status, body] of [
  ['HTML', 200, '<html>'],
  ['an error in HTML', 502, '<html>'],
  ['an error of another shape', 404, '{"message":"no"}'],
  ['a bare word', 200, '1'],
] as const) {
  test(`another program on the socket is told as such: ${name}`, async (t) => {
    const path = await answer(t, (_request, response) => response.writeHead(status).end(body))
    await assert.rejects(
      new ControlClient(path).accounts(),
      expectedError(
        'daemon_unreachable',
        `another program on the socket is told as such: ${name}`,
        { path },
      ),
    )
  })
}

test('another program on the socket is told as such: no HTTP', async (t) => {
  const greeter = createServer((socket) => {
    // The client hangs up on what it cannot read.
    socket.on('error', () => {}).write('220 hello\r\n')
  })
  const path = await listen(t, greeter)
  await assert.rejects(
    new ControlClient(path).accounts(),
    expectedError('daemon_unreachable', 'another program on the socket is told as such: no HTTP', {
      path,
    }),
  )
})

test('a token socket in its place, an answer that is cut and silence have an end', async (t) => {
  const closing = await listen(
    t,
    createServer((socket) => socket.resume().end()),
  )
  const cut = await answer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('{', () => response.destroy())
  })
  for (const path of [closing, cut]) {
    await assert.rejects(
      new ControlClient(path).accounts(),
      expectedError('daemon_unreachable', 'no answer: hung up', { path, reason: 'ECONNRESET' }),
    )
  }
  const silent = await listen(
    t,
    createServer((socket) => socket.resume()),
  )
  const error = await new ControlClient(silent, 50).accounts().catch((reason: unknown) => reason)
  assertError(error, 'daemon_unreachable', 'no answer: silence', { path: silent })
  assert.equal(isSilence(error as CmsOauthError), true)
})

test('what is not a socket is told as such', async (t) => {
  const path = dirname(await temporaryPath(t))
  await assert.rejects(
    new ControlClient(path).accounts(),
    expectedError('daemon_unreachable', 'what is not a socket is told as such', { path }),
  )
})

test('an absent daemon is told with how to start it', async (t) => {
  const path = await temporaryPath(t)
  await assert.rejects(
    new ControlClient(path).accounts(),
    expectedError('daemon_unreachable', 'an absent daemon is told with how to start it', { path }),
  )
})

test('a socket of somebody else is not permitted', async (t) => {
  const path = await listen(t, createServer())
  await chmod(path, 0)
  await chmod(dirname(path), 0o711)
  // To root everything is open.
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await assert.rejects(
      new ControlClient(path).accounts(),
      expectedError('not_permitted', 'a socket of somebody else is not permitted', { path }),
    )
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('a path that no socket can have is refused, not cut', () => {
  const path = `/${'x'.repeat(120)}`
  assert.throws(
    () => new ControlClient(path),
    expectedError('usage', 'a path that no socket can have is refused, not cut', { path }),
  )
})

test('what starts a daemon depends on whose control socket it is', async (t) => {
  const own = await temporaryPath(t)
  const ofService = await temporaryPath(t)
  const hint = (path: string, system: string) => startHint(path, { own, system })
  assertSentence(hint(ofService, ofService), 'the service of the machine does not run')
  assertSentence(hint(own, ofService), 'the machine has a service of its own', { ofService })
  const missing = join(dirname(ofService), 'missing', 'control.sock')
  assertSentence(hint(own, missing), 'no service of the machine is known', { missing })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(own, resolve))
  t.after(() => server.close())
  assertSentence(hint(ofService, ofService), 'only a daemon of our own runs', { own })
})

test('a control socket in the runtime directory of another user is not asked for by sudo', () => {
  const [other, own] = ['/run/user/1/cms-oauth/control.sock', '/run/user/2/cms-oauth/control.sock']
  assertSentence(permissionHint(other, 2), 'the runtime directory of another user')
  for (const path of [own, '/run/other/control.sock']) {
    assertSentence(permissionHint(path, 2), 'a control socket that only its user opens', { path })
  }
})
