/** What the outbox's process does with what callers and the daemon say. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import { earliestTime } from '../../src/schedule/set-clock.ts'
import { readEntry } from '../../src/sender/spool-entry.ts'
import { retireEntry } from '../../src/spool/spool-folders.ts'
import {
  away,
  delivered,
  filesIn,
  mail,
  messages,
  outcome,
  OutboxWorld,
  world,
} from './outbox-world.ts'

test('what is answered with 200 is in the spool, for us alone, and due', async (t) => {
  const made = await world(t)
  const { status, body } = await made.submit(mail)
  assert.equal(status, 200)
  const id = body['id'] as string
  const file = join(made.configuration.spool, 'new', id)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(made.configuration.spool).mode & 0o777, 0o700)
  const [head = '', ...rest] = readFileSync(file, 'utf8').split('\n')
  const { v, rcpt, size, uid } = JSON.parse(head) as Record<string, unknown>
  assert.deepEqual({ v, rcpt, uid }, { v: 1, rcpt: ['me@example.org'], uid: process.getuid?.() })
  assert.equal(size, rest.join('\n').length)
  assert.deepEqual(await made.waitFor('due', 1), [{ type: 'due', outbox: 'outbox', id }])
})

test('who asks again with the same id hears the same, also after a crash', async (t) => {
  const made = await world(t)
  const first = await made.submit(mail)
  assert.deepEqual(await made.submit(mail), first)
  await made.start(t)
  assert.deepEqual(await made.submit(mail), first)
  assert.deepEqual(filesIn(made, 'new'), [first.body['id']])
  outcome(made, first.body['id'] as string, delivered)
  assert.deepEqual(await made.submit(mail), first)
})

test('who did not hear yes hears it after a crash, also of what was sent meanwhile', async (t) => {
  const made = await world(t)
  const { spool } = made.configuration
  const first = await made.submit(mail)
  const entry = readEntry(spool, first.body['id'] as string)
  assert.ok(entry !== undefined)
  retireEntry(spool, entry.head.id)
  await made.start(t)
  assert.deepEqual(await made.submit(mail), first)
  assert.deepEqual(filesIn(made, 'new'), [])
  const [sent = ''] = filesIn(made, 'sent')
  assert.equal(statSync(join(spool, 'sent', sent)).size, 0, 'nothing of its text is kept')
  const longAgo = earliestTime / 1_000 + 60
  utimesSync(join(spool, 'sent', sent), longAgo, longAgo)
  await made.start(t)
  assert.deepEqual(filesIn(made, 'sent'), [])
})

test('one message of an account is on its way at a time, the oldest first', async (t) => {
  const made = await world(t)
  const [first, second] = [await made.submit(mail), await made.submit(mail, { id: 's2' })]
  await made.waitFor('due', 1)
  assert.equal(made.said.filter(({ type }) => type === 'due').length, 1)
  outcome(made, first.body['id'] as string, delivered)
  assert.equal((await made.waitFor('due', 2))[1]?.id, second.body['id'])
})

test('after a failure the account waits, new mail or not, until somebody asks', async (t) => {
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  await made.waitFor('due', 1)
  outcome(made, id, away)
  await made.submit(mail, { id: 's2' })
  assert.equal(made.said.filter(({ type }) => type === 'due').length, 1)
  const [waiting] = await messages(made)
  assert.equal(waiting?.tries, 1)
  assert.equal(waiting?.reason, 'no answer')
  const waitMs = Date.parse(waiting?.next_try_at ?? '') - Date.now()
  assert.ok(waitMs > 20_000 && waitMs <= 33_000, String(waitMs))
  assert.equal((await made.ask('POST', '/v1/retry')).status, 200)
  assert.equal((await made.waitFor('due', 2))[1]?.id, id)
})

test('a retry does not shorten what the provider asked for', async (t) => {
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  outcome(made, id, { ...away, retryAfterMs: 600_000 })
  await made.ask('POST', `/v1/messages/${id}/retry`)
  const [waiting] = await messages(made)
  assert.ok(Date.parse(waiting?.next_try_at ?? '') - Date.now() > 590_000)
})

test('a refused message is kept aside, and who is to hear of it gets mail', async (t) => {
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  outcome(made, id, { kind: 'refused', reason: 'no such recipient', hint: 'correct it' })
  assert.deepEqual(filesIn(made, 'failed'), [id])
  const [notice = ''] = filesIn(made, 'new')
  const text = readFileSync(join(made.configuration.spool, 'new', notice), 'utf8')
  assert.match(text, /"rcpt":\["me@example.org"\]/)
  assert.match(text, /no such recipient[^]*disk full/)
  const [told] = await made.waitFor('notice', 1)
  assert.equal(told?.event, 'message_given_up')
  outcome(made, notice, { kind: 'refused', reason: 'not this one either', hint: '' })
  assert.deepEqual(filesIn(made, 'new'), [], 'nobody hears of a notice that failed')
})

test('what the provider refuses counts for the hour of its user: nobody sends it more by what it refuses', async (t) => {
  const made = await world(t, { perHour: 2 })
  const no = { kind: 'refused', reason: 'no', hint: '' } as const
  const ids: string[] = []
  for (const id of ['a', 'b', 'c']) ids.push((await made.submit(mail, { id })).body['id'] as string)
  outcome(made, ids[0] ?? '', no)
  outcome(made, ids[1] ?? '', no)
  const waiting = (await messages(made)).find(({ id }) => id === ids[2])
  assert.match(waiting?.reason ?? '', /per_hour/)
})

test('the notice of a message that is too large leaves at once', async (t) => {
  const made = await world(t)
  const { status, body } = await made.submit(`Subject: all of it\n\n${'x'.repeat(1_100_000)}\n`)
  assert.deepEqual([status, body['error']], [413, 'message_too_large'])
  const [notice] = filesIn(made, 'new')
  assert.deepEqual(await made.waitFor('due', 1), [{ type: 'due', outbox: 'outbox', id: notice }])
})

test('whoever hears that some recipients were refused reads what it was about', async (t) => {
  const refused = [{ recipient: 'you@example.org', reason: 'no such recipient' }]
  const made = await world(t)
  const outcomes: DeliveryOutcome[] = [
    { kind: 'delivered', refused },
    { ...away, refused },
  ]
  for (const [index, how] of outcomes.entries()) {
    const id = (await made.submit(mail, { id: `s${index}` })).body['id'] as string
    outcome(made, id, how)
    assert.equal(filesIn(made, 'new').includes(id), how.kind === 'later')
    const [notice = ''] = filesIn(made, 'new').filter((name) => name.endsWith('n'))
    const text = readFileSync(join(made.configuration.spool, 'new', notice), 'utf8')
    assert.match(
      text,
      /no such recipient[^]*you@example\.org[^]*It begins:\r\n\r\n[^]*Subject: disk full/,
    )
    assert.equal((await made.ask('DELETE', `/v1/messages/${notice}`)).status, 200)
  }
})

test('a message that is deleted while it is sent is gone, whatever the sender leaves and says of it', async (t) => {
  const outcomes: DeliveryOutcome[] = [
    delivered,
    away,
    { kind: 'gone' },
    { kind: 'refused', reason: 'no such recipient', hint: '' },
    { ...away, refused: [{ recipient: 'me@example.org', reason: 'no such recipient' }] },
  ]
  const made = await world(t)
  for (const [index, how] of outcomes.entries()) {
    const id = (await made.submit(mail, { id: `s${index}` })).body['id'] as string
    const due = await made.waitFor('due', index + 1)
    assert.equal(due[index]?.id, id)
    const file = join(made.configuration.spool, 'new', id)
    const bytes = readFileSync(file)
    assert.equal((await made.ask('DELETE', `/v1/messages/${id}`)).status, 200)
    // The sender has seen it there the moment before.
    writeFileSync(file, bytes)
    outcome(made, id, how)
    for (const folder of ['new', 'failed', 'state']) assert.deepEqual(filesIn(made, folder), [])
    assert.deepEqual(await messages(made), [])
  }
  assert.deepEqual(
    made.said.filter(({ type }) => type === 'notice'),
    [],
  )
})

test('an abandoned message can be tried again, and be deleted', async (t) => {
  const made = await world(t, {
    rules: { ...new OutboxWorld(t).configuration.rules, noticeTo: [] },
  })
  const id = (await made.submit(mail)).body['id'] as string
  outcome(made, id, { kind: 'refused', reason: 'no', hint: '' })
  assert.equal((await messages(made))[0]?.state, 'failed')
  await made.ask('POST', `/v1/messages/${id}/retry`)
  assert.deepEqual(filesIn(made, 'new'), [id])
  assert.equal((await made.ask('DELETE', `/v1/messages/${id}`)).status, 200)
  assert.deepEqual(
    [filesIn(made, 'new'), filesIn(made, 'failed'), await messages(made)],
    [[], [], []],
  )
  assert.equal((await made.ask('DELETE', `/v1/messages/${id}`)).status, 400)
})

test('a person is told once that mail waits, and once that it does not', async (t) => {
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  const blocked = { ...away, actor: 'you' } as const
  outcome(made, id, blocked)
  outcome(made, id, blocked)
  outcome(made, id, delivered)
  const events = (await made.waitFor('notice', 2)).map(({ event }) => event)
  assert.deepEqual(events, ['outbox_stuck', 'outbox_recovered'])
  const first = made.said.findIndex(({ type }) => type === 'notice')
  // Between the message and its outcome there may be time for a state that knows of neither.
  const before = made.said.slice(0, first)
  const told = before.flatMap((each) => (each.type === 'state' ? [each] : [])).at(-1)
  assert.equal(told?.outboxes[0]?.lastReason, 'no answer')
})

test('a clock that is set while mail waits does not make it old', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000 })
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  await made.waitFor('due', 1)
  t.mock.timers.setTime(Date.UTC(2026, 10, 29))
  outcome(made, id, away)
  assert.deepEqual([filesIn(made, 'new'), filesIn(made, 'failed')], [[id], []])
  t.mock.timers.setTime(1_000)
  outcome(made, id, away)
  assert.deepEqual([filesIn(made, 'new'), filesIn(made, 'failed')], [[id], []])
})

for (const [what, acceptedAt] of [
  ['accepted before the clock was set', 1_000],
  ['that lay on the disk while the machine was off', Date.UTC(2026, 10, 1)],
] as const) {
  test(`a message ${what} is tried again after a start, however old it seems`, async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: acceptedAt })
    const made = await world(t)
    const id = (await made.submit(mail)).body['id'] as string
    t.mock.timers.setTime(Date.UTC(2026, 10, 29))
    await made.start(t)
    outcome(made, id, away)
    assert.deepEqual([filesIn(made, 'new'), filesIn(made, 'failed')], [[id], []])
  })
}

test('what earlier processes have tried for too long is abandoned at the next failure', async (t) => {
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  outcome(made, id, away)
  const path = join(made.configuration.spool, 'state', id)
  const state = JSON.parse(readFileSync(path, 'utf8')) as { triedMs: number }
  assert.ok(state.triedMs >= 0 && state.triedMs < 60_000)
  writeFileSync(path, JSON.stringify({ ...state, triedMs: 5 * 86_400_000 }))
  await made.start(t)
  outcome(made, id, away)
  assert.deepEqual(filesIn(made, 'failed'), [id])
})

test('what was tried for too long is abandoned, but not while a person is waited for', async (t) => {
  const made = await world(t, { keepTryingMs: 0 })
  const id = (await made.submit(mail)).body['id'] as string
  outcome(made, id, { ...away, actor: 'you' })
  assert.deepEqual(filesIn(made, 'failed'), [])
  while (Date.now() <= Date.parse((await messages(made))[0]?.at ?? '')) await messages(made)
  outcome(made, id, away)
  assert.deepEqual(filesIn(made, 'failed'), [id])
})

test('after five failures of one message the others go ahead', async (t) => {
  const made = await world(t)
  const first = (await made.submit(mail)).body['id'] as string
  const second = (await made.submit(mail, { id: 's2' })).body['id']
  for (let round = 1; round <= 5; round += 1) {
    await made.waitFor('due', round)
    outcome(made, first, away)
    await made.ask('POST', '/v1/retry')
    if (round < 5) continue
    // A retry by hand begins from the front.
    assert.equal(made.said.filter(({ type }) => type === 'due').length, 6)
  }
  await made.waitFor('due', 6)
  for (let round = 0; round < 5; round += 1) outcome(made, first, away)
  made.process.receive({ type: 'retry', account: 'notify@example.com' })
  assert.equal((await made.waitFor('due', 7)).at(-1)?.id, second)
  // The way was closed to all of them: the oldest is first again.
  outcome(made, String(second), away)
  made.process.receive({ type: 'retry', account: 'notify@example.com', isWayOpen: true })
  assert.equal((await made.waitFor('due', 8)).at(-1)?.id, first)
})

test('more than per_hour waits, and notices do not', async (t) => {
  const made = await world(t, { perHour: 1 })
  const first = (await made.submit(mail)).body['id'] as string
  await made.waitFor('due', 1)
  outcome(made, first, delivered)
  const id = (await made.submit(mail, { id: 's2' })).body['id']
  const [waiting] = await messages(made)
  assert.equal(waiting?.id, id)
  assert.match(waiting?.reason ?? '', /per_hour/)
  assert.equal(made.said.filter(({ type }) => type === 'due').length, 1)
})

test('a quota that is used up is a matter of the moment', async (t) => {
  const made = await world(t, { quota: { messages: 1, bytes: 1_024 ** 2 } })
  await made.submit(mail)
  const { status, body } = await made.submit(mail, { id: 's2' })
  assert.deepEqual([status, body['error']], [507, 'outbox_full'])
})

test('whoever is not allowed hears so, whatever it sends', async (t) => {
  const made = await world(t, { allow: { users: [], groups: [] } })
  const { status, body } = await made.submit(`${mail}${'x'.repeat(900_000)}`)
  assert.deepEqual([status, body['error']], [403, 'not_permitted'])
  assert.deepEqual(filesIn(made, 'new'), [])
})

const refused: [string, object, string, string][] = [
  ['without recipients', { arguments: [] }, mail, 'usage'],
  ['to an unknown name', { arguments: ['bob'] }, mail, 'recipient_unknown'],
  ['to a stranger', { arguments: ['x@evil.example'] }, mail, 'not_permitted'],
  ['with an option that is none', { arguments: ['-Z'] }, mail, 'usage'],
  ['without an id', { id: '' }, mail, 'request_invalid'],
  ['with a field of another type', { size: 'x' }, mail, 'request_invalid'],
  ['that is smaller than nothing', { size: -1 }, mail, 'request_invalid'],
  ['of half a byte', { size: 0.5 }, mail, 'request_invalid'],
  ['that is too large', { size: 2_000_000 }, mail, 'message_too_large'],
]
for (const [what, head, text, code] of refused) {
  test(`a message ${what} is refused with ${code}`, async (t) => {
    const made = await world(t)
    assert.equal((await made.submit(text, head)).body['error'], code)
    const notices = code === 'message_too_large' ? 1 : 0
    assert.equal(filesIn(made, 'new').length, notices)
    assert.deepEqual(filesIn(made, 'tmp'), [])
  })
}

test('a client that dies in the middle has handed over nothing', async (t) => {
  const made = await world(t)
  const socket = connect(made.configuration.path)
  const head = JSON.stringify({ id: 's', program: 'sendmail', arguments: ['root'], size: 900 })
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n${head}\nSubject: x\n`,
  )
  await once(socket, 'connect')
  socket.destroy()
  assert.equal((await made.submit(mail, { id: 's2' })).status, 200)
  assert.equal(filesIn(made, 'new').length, 1)
})

test('what was being written when the process died is removed, and what is not an entry left alone', async (t) => {
  const made = await world(t)
  writeFileSync(join(made.configuration.spool, 'tmp', 'half'), 'x')
  writeFileSync(join(made.configuration.spool, 'new', 'README'), 'x')
  await made.start(t)
  assert.deepEqual(filesIn(made, 'tmp'), [])
  assert.ok(existsSync(join(made.configuration.spool, 'new', 'README')))
  assert.deepEqual(await messages(made), [])
})

const skip = process.geteuid?.() === 0 ? false : 'needs root'

test(
  'a user who holds all connections that one may hold keeps nobody else out',
  { skip },
  async (t) => {
    const made = await world(t, { mode: 0o666 })
    chmodSync(made.directory, 0o755)
    chmodSync(made.configuration.path, 0o666)
    const sockets: Socket[] = []
    for (let count = 0; count < 600; count++) {
      const socket = connect(made.configuration.path).on('error', () => {})
      sockets.push(socket)
      await once(socket, 'connect')
      socket.write('G')
    }
    const script = `
    const { get } = require('node:http')
    get({ socketPath: process.argv[1], path: '/v1/messages' }, ({ statusCode }) => {
      process.stdout.write(String(statusCode))
      process.exit()
    })`
    const setpriv = [
      '--reuid=64321',
      '--regid=64321',
      '--clear-groups',
      process.execPath,
      '-e',
      script,
    ]
    const asking = promisify(execFile)('setpriv', [...setpriv, made.configuration.path])
    const { stdout } = await asking.finally(() => sockets.forEach((socket) => socket.destroy()))
    assert.equal(stdout, '200')
  },
)
