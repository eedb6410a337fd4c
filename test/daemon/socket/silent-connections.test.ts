/** More clients that ask nothing than there is room for, and honest ones among them. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connectionLimitMs } from '../../../src/daemon/socket/connection.ts'
import { netstring } from '../../../src/daemon/socket/netstring.ts'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import { ConnectionBudget } from '../../../src/kernel/connection-budget.ts'
import { asUser } from '../../support/as-user.ts'
import { assertSentence } from '../../support/golden.ts'
import { ask, open, openTokenServer, readAll, servedToken, turn, user } from './token-socket.ts'

const limit = 40
/** The first half of them are sockets of Node, and have no successor before their time is over. */
const sockets = limit / 2
const request = `SMTP,token ${user}\n`

const skip = process.geteuid?.() === 0 ? false : 'needs root'

/** Connects so many clients; which of them the server has closed. */
async function hold(t: TestContext, path: string, count: number) {
  const held: Socket[] = []
  const closed = new Set<number>()
  t.after(() => held.forEach((socket) => socket.destroy()))
  for (let index = 0; index < count; index++) {
    const socket = await open(path)
    held.push(socket)
    socket.on('error', () => {}).resume()
    socket.once('end', () => closed.add(index))
  }
  return { held, closed }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn()
}

test('where all places are taken, the oldest that has not asked gives way to the newest', async (t) => {
  const { path, log } = await openTokenServer(t, { budget: new ConnectionBudget(limit) })
  const { closed } = await hold(t, path, 3 * limit)
  await until(() => closed.size === 2 * limit)
  const expected = Array.from({ length: 2 * limit }, (_, index) => closed.has(index + sockets + 1))
  assert.ok(expected.every(Boolean), [...closed].join())
  assert.equal(await ask(path, request), 'T0KEN')
  assertSentence(
    log.lines[0]?.fields.message,
    'where all places are taken, the oldest that has not asked gives way to the newest',
  )
})

for (const [how, send] of [
  ['in one piece', (socket: Socket) => void socket.write(request)],
  ['and ends it with its half of the connection', (socket) => void socket.end(request.trimEnd())],
  [
    'in two pieces',
    (socket) => {
      socket.write(request.slice(0, 7))
      setImmediate(() => socket.write(request.slice(7)))
    },
  ],
] as const satisfies [string, (socket: Socket) => void][]) {
  test(`who waits without a socket and asks ${how} is answered`, async (t) => {
    const { path } = await openTokenServer(t, { budget: new ConnectionBudget(limit) })
    await hold(t, path, limit - 5)
    const asking = await open(path)
    const answer = readAll(asking)
    send(asking)
    assert.equal(await answer, 'T0KEN')
  })
}

test('a map is asked by who waited without a socket, several times', async (t) => {
  const configuration = { reply: 'socketmap' as const }
  const budget = new ConnectionBudget(limit)
  const { path } = await openTokenServer(t, { budget, configuration })
  await hold(t, path, limit - 5)
  const asking = await open(path)
  asking.write(netstring(`token ${user}`))
  asking.end(netstring(`token ${user}`))
  const answers = await readAll(asking)
  assert.equal(answers.match(/T0KEN/g)?.length, 2, answers)
})

test('who waits and sends more than a request, or leaves, is closed', async (t) => {
  const { path, log } = await openTokenServer(t, { budget: new ConnectionBudget(limit) })
  await hold(t, path, limit - 5)
  const writer = await open(path)
  writer.on('error', () => {}).write(Buffer.alloc(10_000, 'x'))
  assert.equal(await readAll(writer).catch(() => ''), '')
  const leaving = await open(path)
  leaving.end()
  assert.equal(await readAll(leaving), '')
  assertSentence(
    log.lines.map(({ fields }) => fields.message).join(),
    'who waits and sends more than a request, or leaves, is closed',
  )
})

test('who waits and asks nothing is closed after ten seconds', async (t) => {
  const { path } = await openTokenServer(t, { budget: new ConnectionBudget(limit) })
  const { closed } = await hold(t, path, limit - 5)
  // Who is answered was accepted after all of them.
  assert.equal(await ask(path, request), 'T0KEN')
  const uptime = process.uptime()
  t.mock.method(process, 'uptime', () => uptime + connectionLimitMs / 1_000 + 1)
  await until(() => closed.size === limit - 5)
})

test('who has asked and waits for an answer gives way to nobody, and keeps no other user out', async (t) => {
  const answers: (() => void)[] = []
  const serve = () =>
    new Promise<never>((_, reject) => answers.push(() => reject(new ProviderUnavailableError('x'))))
  const { path } = await openTokenServer(t, {
    budget: new ConnectionBudget(limit),
    tokens: { serve },
  })
  const { held, closed } = await hold(t, path, limit * 2)
  for (const socket of held) socket.write(`SMTP,json ${user}\n`)
  await until(() => answers.length >= (limit * 4) / 5)
  await hold(t, path, limit)
  const waiting = held.filter((_, index) => !closed.has(index)).length
  assert.ok(waiting >= answers.length, `${waiting} of ${answers.length}`)
  for (const answer of answers) answer()
})

test('a server that closes answers who asks in the next moment, and waits for nobody else', async (t) => {
  const { path, server } = await openTokenServer(t, { budget: new ConnectionBudget(limit) })
  const { closed } = await hold(t, path, limit - 5)
  const asking = await open(path)
  await turn()
  const end = server.close()
  asking.write(request)
  assert.equal(await readAll(asking), 'T0KEN')
  await end
  await until(() => closed.size === limit - 5)
})

test('when they are gone all is as it was', async (t) => {
  const { path } = await openTokenServer(t, { budget: new ConnectionBudget(limit) })
  const stopped = t.mock.method(globalThis, 'clearInterval')
  for (const _ of [1, 2]) {
    const { held } = await hold(t, path, limit * 2)
    stopped.mock.resetCalls()
    for (const socket of held) socket.destroy()
    await until(() => stopped.mock.callCount() > 0)
    for (const _ of [1, 2, 3]) assert.equal(await ask(path, request), 'T0KEN')
  }
})

test('a flood of one user holds up neither others nor itself', { skip }, async (t) => {
  const { path } = await openTokenServer(t, {
    configuration: { mode: 0o666 },
    budget: new ConnectionBudget(limit),
  })
  chmodSync(dirname(path), 0o711)
  const flooding = 64_321
  // All of them wait at the socket before the server takes one.
  const connectAs = (uid: number) => asUser(uid, () => connect({ path, allowHalfOpen: true }))
  const flood = Array.from({ length: 3_000 }, () => connectAs(flooding))
  const honest = [0, 1, 2].map((more) => connectAs(flooding + more))
  const refused = new Set<Socket>()
  for (const socket of flood) {
    socket.on('error', () => {}).resume()
    socket.once('end', () => refused.add(socket))
  }
  for (const socket of honest) socket.end(request)
  assert.deepEqual(await Promise.all(honest.map(readAll)), ['T0KEN', 'T0KEN', 'T0KEN'])
  assert.ok(refused.size > 2_000, `${refused.size} refused`)
  for (const socket of flood) socket.destroy()
})

test('who has the most connections gives way to a user who has none', { skip }, async (t) => {
  const { path } = await openTokenServer(t, {
    configuration: { mode: 0o666 },
    budget: new ConnectionBudget(limit),
  })
  chmodSync(dirname(path), 0o711)
  const { held } = await hold(t, path, limit - 3)
  const closed = new Set<Socket>()
  const few = [1, 2, 3, 4, 5, 6].map((uid) => asUser(64_321 + uid, () => connect(path)))
  for (const socket of [...held, ...few]) socket.once('end', () => closed.add(socket)).resume()
  await until(() => closed.size === 3)
  assert.ok(few.every((socket) => !closed.has(socket)))
  for (const socket of few) socket.destroy()
})

test('whoever waited is logged as who it was, whoever has its place since', { skip }, async (t) => {
  const answers: ((token: typeof servedToken) => void)[] = []
  const serve = () => new Promise<typeof servedToken>((resolve) => answers.push(resolve))
  const { path, log } = await openTokenServer(t, {
    configuration: { mode: 0o666 },
    budget: new ConnectionBudget(limit),
    tokens: { serve },
  })
  chmodSync(dirname(path), 0o711)
  await hold(t, path, limit - 5)
  const asking = asUser(64_321, () => connect({ path, allowHalfOpen: true }))
  const answered = readAll(asking)
  asking.write(request)
  await until(() => answers.length > 0)
  const next = asUser(64_322, () => connect({ path, allowHalfOpen: true }))
  const nextAnswered = readAll(next)
  next.write('no request\n')
  assert.equal(await nextAnswered, '')
  answers[0]?.(servedToken)
  assert.equal(await answered, 'T0KEN')
  const granted = log.lines.find(({ event }) => event === 'token.granted')
  assert.equal(granted?.fields['uid'], 64_321)
})
