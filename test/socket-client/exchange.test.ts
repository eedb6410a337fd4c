import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import * as calls from '../../src/kernel/stream-socket.ts'
import { exchangeAtOnce, type Request } from '../../src/socket-client/at-once.ts'
import { exchangeByNode } from '../../src/socket-client/by-node.ts'
import { exchange } from '../../src/socket-client/exchange.ts'
import { abandon } from '../../src/socket-client/read-to-end.ts'
import { temporaryDirectory } from '../daemon/socket/token-socket.ts'

/** Starts odd-server.ts. */
async function startOdd(
  t: TestContext,
  habit = '',
): Promise<{ path: string; server: ChildProcess }> {
  const path = join(temporaryDirectory(t), 'odd.sock')
  const env = { ...process.env, SOCKET: path, HABIT: habit }
  const server = fork(join(import.meta.dirname, 'odd-server.ts'), { env })
  t.after(() => server.disconnect())
  await once(server, 'message')
  return { path, server }
}

function asRequest(text: string, answerLimitBytes = 1_000_000): Request {
  return { parts: [Buffer.from(text)], isEnded: true, answerLimitBytes }
}

const unlimited = () => {}
const atOnce = (socket: Socket) => abandon(socket, 'ETIMEDOUT')

const ways: Record<string, (path: string, request: Request) => Promise<unknown>> = {
  'at once': (path, request) => exchange({ path, mayBlock: true, limit: unlimited, ...request }),
  'by Node': (path, request) => exchangeByNode(path, request, { limit: unlimited }),
}

interface Case {
  request: string
  bytes: string
  /** Whether the server has to be told to go on. */
  isSlow?: boolean
  errors?: (string | undefined)[]
  limitBytes?: number
}

const manyBytes = 'y'.repeat(3_000_000)
const cases: Case[] = [
  { request: 'echo', bytes: 'echo' },
  { request: `echo ${manyBytes}`, bytes: `echo ${manyBytes}`, limitBytes: 4_000_000 },
  { request: 'nothing', bytes: '' },
  { request: 'large', bytes: 'x'.repeat(500_000) },
  { request: 'refuse it', bytes: 'refused' },
  {
    request: `refuse ${manyBytes}`,
    bytes: 'refused',
    errors: [undefined, 'EPIPE', 'ECONNRESET'],
  },
  { request: `reset ${manyBytes}`, bytes: '', errors: ['EPIPE', 'ECONNRESET'] },
  { request: 'later on', bytes: 'first last', isSlow: true },
  { request: 'cut off', bytes: 'half', isSlow: true, errors: [undefined] },
]

for (const [name, way] of Object.entries(ways)) {
  test(`${name}: whatever the other side does, all that came is there, and what broke it off`, async (t) => {
    const { path, server } = await startOdd(t)
    for (const each of cases) {
      const { request, bytes, isSlow = false, errors = [undefined], limitBytes } = each
      const asked = way(path, asRequest(request, limitBytes)) as ReturnType<typeof exchange>
      if (isSlow) server.send('go on')
      const { error, ...received } = await asked
      const told = `${request.slice(0, 20)}: ${error?.code}`
      assert.ok(received.bytes.toString() === bytes, told)
      assert.ok(errors.includes(error?.code), told)
    }
  })

  test(`${name}: an answer that is too long is broken off`, async (t) => {
    const { path } = await startOdd(t)
    const { error } = (await way(path, asRequest('large', 1_000))) as Awaited<
      ReturnType<typeof exchange>
    >
    assert.equal(error?.code, 'EMSGSIZE')
  })
}

for (const [name, way] of Object.entries(ways)) {
  test(`${name}: a refusal that is there before anything is written is not lost`, async (t) => {
    const { path, server } = await startOdd(t, 'refuses at once')
    for (let time = 0; time < 50; time++) {
      const asked = way(path, asRequest(time % 2 === 0 ? 'short' : manyBytes))
      const { bytes } = await (asked as ReturnType<typeof exchange>)
      assert.equal(bytes.toString(), 'refused', `${time}`)
    }
    assert.equal(server.exitCode, null)
  })
}

test('what is not answered in a moment is bounded', async (t) => {
  const { path } = await startOdd(t)
  const { bytes, error } = await exchange({
    path,
    mayBlock: true,
    limit: atOnce,
    ...asRequest('later on'),
  })
  assert.equal(error?.code, 'ETIMEDOUT')
  assert.equal(bytes.toString(), 'first ')
})

test('whoever is gone before anything was sent is an error, not an empty answer', async (t) => {
  const path = join(temporaryDirectory(t), 'a.sock')
  const server = createServer().listen(path)
  t.after(() => server.close())
  await once(server, 'listening')
  const fd = calls.connectTo(path)
  const [socket] = (await once(server, 'connection')) as [Socket]
  await once(socket.destroy(), 'close')
  const state = exchangeAtOnce(fd, asRequest('echo'), { calls, limitMs: 1_000 })
  assert.ok('bytes' in state)
  assert.equal(state.error?.code, 'EPIPE')
})
