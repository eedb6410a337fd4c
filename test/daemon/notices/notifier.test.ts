import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type Notice, Notifier } from '../../../src/daemon/notices/notifier.ts'
import type { Log, LogFields } from '../../../src/logging/log.ts'

const notice: Notice = {
  event: 'sign_in_required',
  user: 'user@example.com',
  message: 'user@example.com must sign in again',
}

interface Warning extends LogFields {
  event: string
}

const unexpected = () => assert.fail('an unexpected line')

/** A log that hands out its next warning; anything else fails the test. */
function warningLog(): { log: Log; warning: Promise<Warning> } {
  const { promise, resolve } = withResolvers<Warning>()
  const warn = (event: string, fields: LogFields = {}) => resolve({ event, ...fields })
  return {
    log: { debug: unexpected, info: unexpected, error: unexpected, warn },
    warning: promise,
  }
}

function notifierOf(
  command: readonly string[],
  options: Partial<ConstructorParameters<typeof Notifier>[0]> = {},
): Notifier {
  const { log } = warningLog()
  return new Notifier({
    log,
    command: () => command,
    pageUrl: () => Promise.resolve(undefined),
    ...options,
  })
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

function withResolvers<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A command that says its user and stays until it is let go, and those that run now. */
async function holding(t: TestContext) {
  const path = join(temporaryDirectory(t), 'holding')
  const held = new Map<string, () => void>()
  const changed = new EventEmitter()
  const server = createServer((socket) => {
    socket.once('data', (user) => {
      held.set(String(user), () => {
        held.delete(String(user))
        socket.end()
      })
      changed.emit('change')
    })
  })
  t.after(() => server.close())
  await once(server.listen(path), 'listening')
  const script =
    'require("net").connect(process.argv[1]).resume()' +
    '.write(process.env.CMS_OAUTH_USER + process.env.CMS_OAUTH_MESSAGE)'
  /** Resolves as soon as this many run. */
  const running = async (count: number) => {
    while (held.size < count) await once(changed, 'change')
    return [...held.keys()].toSorted()
  }
  const release = (user: string) => (held.get(user) ?? assert.fail(`${user} does not run`))()
  return { command: [process.execPath, '-e', script, path], running, release }
}

/** Where a command tells its environment; `heard` resolves with that of the first. */
async function listen(t: TestContext) {
  const path = join(temporaryDirectory(t), 'heard')
  const server = createServer()
  t.after(() => server.close())
  await once(server.listen(path), 'listening')
  const heard = once(server, 'connection').then(
    async ([socket]) => JSON.parse(await text(socket)) as NodeJS.ProcessEnv,
  )
  const script = 'require("net").connect(process.argv[1]).end(JSON.stringify(process.env))'
  return { command: [process.execPath, '-e', script, path], heard }
}

test('the command is run with the notice in its environment', async (t) => {
  const { command, heard } = await listen(t)
  notifierOf(command, {
    pageUrl: ({ user }) => Promise.resolve(`http://localhost:1/${user}`),
  }).notify(notice)
  const env = await heard
  assert.equal(env['CMS_OAUTH_EVENT'], 'sign_in_required')
  assert.equal(env['CMS_OAUTH_USER'], 'user@example.com')
  assert.equal(env['CMS_OAUTH_MESSAGE'], 'user@example.com must sign in again')
  assert.equal(env['CMS_OAUTH_URL'], 'http://localhost:1/user@example.com')
  assert.equal(env['PATH'], process.env['PATH'])
})

test('the URL is empty where the notice asks for none', async (t) => {
  const { command, heard } = await listen(t)
  notifierOf(command).notify(notice)
  assert.equal((await heard)['CMS_OAUTH_URL'], '')
})

test('no command, nothing to do', () => {
  notifierOf([]).notify(notice)
})

for (const [what, argv, reason] of [
  ['is missing', ['/nowhere/notify'], /^spawn \/nowhere\/notify ENOENT$/],
  ['exits with a failure', ['sh', '-c', 'exit 3'], /^"sh" exited with 3$/],
  ['dies by a signal', ['sh', '-c', 'kill -9 $$'], /^"sh" exited with SIGKILL$/],
  ['cannot be started as written', ['sh', '\0'], /without null bytes/],
] as const) {
  test(`a command that ${what} is logged and does no harm`, async () => {
    const { log, warning } = warningLog()
    // Node's timer for a command that never began holds this process to its end.
    const options = what === 'is missing' ? { log, deadlineMs: 1 } : { log }
    notifierOf(argv, options).notify(notice)
    const { event, user, reason: told } = await warning
    assert.deepEqual({ event, user }, { event: 'notify.failed', user: 'user@example.com' })
    assert.match(told ?? '', reason)
  })
}

/** A command that fails; `reached` resolves with how often it has, as soon as it is this often. */
function failing(retriesMs: readonly number[]) {
  const failed = new EventEmitter()
  const failures: string[] = []
  const warn = (event: string) => {
    failures.push(event)
    failed.emit('failure')
  }
  const log = { debug: unexpected, info: unexpected, error: unexpected, warn }
  const notifier = notifierOf(['sh', '-c', 'exit 1'], { log, retriesMs })
  const reached = async (count: number) => {
    // A retry holds no process.
    const alive = setInterval(() => {}, 1_000)
    while (failures.length < count) await once(failed, 'failure')
    clearInterval(alive)
    return failures.length
  }
  return { notifier, reached }
}

test('a command that fails is run again, a few times', async () => {
  const { notifier, reached } = failing([1, 1])
  notifier.notify(notice)
  assert.equal(await reached(3), 3)
  // Another one, which begins now, would end after a fourth.
  const later = failing([])
  later.notifier.notify(notice)
  assert.equal(await later.reached(1), 1)
  assert.equal(await reached(3), 3)
})

for (const [what, overtake, failuresAtOnce, failuresInAll] of [
  ['a newer one', (one: Notifier) => one.notify({ ...notice, event: 'action_required' }), 2, 3],
  [
    'an end that nobody waits for',
    (one: Notifier) => one.notify({ ...notice, event: 'recovered' }),
    1,
    1,
  ],
  ['the end of its trouble', (one: Notifier) => one.letRest(notice.user), 1, 1],
] as const) {
  test(`what failed to be told is dropped for ${what}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { notifier, reached } = failing([60_000])
    notifier.notify(notice)
    await reached(1)
    overtake(notifier)
    await reached(failuresAtOnce)
    t.mock.timers.tick(60_000)
    await reached(failuresInAll)
    const other = failing([])
    other.notifier.notify(notice)
    await other.reached(1)
    assert.equal(await reached(failuresInAll), failuresInAll)
  })
}

test('a command that hangs is killed at its deadline, whatever signals it ignores', async () => {
  const { log, warning } = warningLog()
  const argv = ['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done']
  notifierOf(argv, { log, deadlineMs: 100 }).notify(notice)
  assert.equal((await warning).reason, '"sh" exited with SIGKILL')
})

test('many notices at once are commands one after the other, a few at a time', async (t) => {
  const { command, running, release } = await holding(t)
  const notifier = notifierOf(command, { mostAtATime: 2 })
  for (const user of ['a', 'b', 'c', 'd']) notifier.notify({ ...notice, user, message: '' })
  assert.deepEqual(await running(2), ['a', 'b'])
  // It begins after those that wait, had they begun.
  notifierOf(command).notify({ ...notice, user: 'later', message: '' })
  assert.deepEqual(await running(3), ['a', 'b', 'later'])
  for (const [user, rest] of [
    ['later', ['a', 'b']],
    ['b', ['a', 'c']],
    ['a', ['c', 'd']],
    ['c', ['d']],
    ['d', []],
  ] as const) {
    release(user)
    assert.deepEqual(await running(rest.length), rest)
  }
})

test('a newer notice takes the place of one that still waits', async (t) => {
  const { command, running, release } = await holding(t)
  const notifier = notifierOf(command, { mostAtATime: 1 })
  for (const message of [' first', ' second', ' third']) {
    notifier.notify({ ...notice, user: 'u', message })
  }
  assert.deepEqual(await running(1), ['u first'])
  release('u first')
  assert.deepEqual(await running(1), ['u third'])
  release('u third')
})

test('of what an account is told of its access only the newest is still true', async (t) => {
  const { command, running, release } = await holding(t)
  const notifier = notifierOf(command, { mostAtATime: 1 })
  const tell = (event: Notice['event'], message: string) =>
    notifier.notify({ event, user: 'u', message })
  tell('action_required', ' told')
  tell('sign_in_expiring', ' other')
  tell('sign_in_required', ' overtaken')
  tell('action_required', ' overtaken too')
  tell('recovered', ' ended')
  for (const message of ['u told', 'u other', 'u ended']) {
    assert.deepEqual(await running(1), [message])
    release(message)
  }
})

test('the end of a trouble that no command was run for is not news', async (t) => {
  const { command, running, release } = await holding(t)
  const notifier = notifierOf(command, { mostAtATime: 1 })
  const tell = (event: Notice['event'], user: string) =>
    notifier.notify({ event, user, message: '' })
  tell('action_required', 'first')
  tell('action_required', 'short')
  tell('recovered', 'short')
  tell('action_required', 'last')
  for (const user of ['first', 'last']) {
    assert.deepEqual(await running(1), [user])
    release(user)
  }
})

test('whoever tells a notice hears whether there is a command for it', () => {
  assert.equal(notifierOf([]).notify(notice), false)
})
