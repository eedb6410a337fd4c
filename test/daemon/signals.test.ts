/** What signals do, in a process of their own. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'

const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
const imports = `
  import ${source('../../src/kernel/debugger-signal.ts')}
  import { signals } from ${source('../../src/daemon/signals.ts')}
  import { ConfigInvalidError } from ${source('../../src/errors.ts')}
  const say = (...words) => console.log(words.join(' '))
  const log = { info: (event, { signal }) => say(event, signal) }
  const reload = async () => say('reload')
  const stop = async () => say('stop')
`

/** A process that handles signals as the program says; `heard` gives its next line. */
async function start(t: TestContext, lifecycle: string, start = 'serve()') {
  const program = `${imports}
    setInterval(() => {}, 60_000)
    const serve = () => signals.serve({ reload, stop, log, ${lifecycle} })
    ${start}
    say('ready')`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const heard = async () => (await lines.next()).value as string | undefined
  assert.equal(await heard(), 'ready')
  return {
    send: (signal: NodeJS.Signals) => child.kill(signal),
    /** Lets it go on where it waits for its input. */
    proceed: () => child.stdin.write('.'),
    heard,
    ended,
  }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains, and the process ends with 0`, async (t) => {
    const { send, heard, ended } = await start(
      t,
      `stop: () => new Promise((done) => setImmediate(done)).then(stop)`,
    )
    send(signal)
    assert.equal(await heard(), `daemon.stopping ${signal}`)
    assert.equal(await heard(), 'stop')
    assert.deepEqual(await ended, [0, null])
  })
}

test('a second signal ends what drains for too long', async (t) => {
  const { send, heard, ended } = await start(t, 'stop: () => new Promise(() => {})')
  send('SIGTERM')
  assert.equal(await heard(), 'daemon.stopping SIGTERM')
  send('SIGINT')
  assert.deepEqual(await ended, [0, null])
  assert.equal(await heard(), undefined)
})

test('SIGHUP reloads, and a configuration that is refused ends nothing', async (t) => {
  const { send, heard, ended } = await start(
    t,
    `reload: async () => { say('reload'); throw new ConfigInvalidError('bad') }`,
  )
  for (let i = 0; i < 2; i++) {
    send('SIGHUP')
    assert.equal(await heard(), 'reload')
  }
  send('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})

test("a programmer's mistake in a reload is loud", async (t) => {
  const { send, ended } = await start(t, `reload: async () => { throw new TypeError('mistake') }`)
  send('SIGHUP')
  assert.deepEqual(await ended, [1, null])
})

test('SIGHUPs that come during a reload make one more, which sees what changed meanwhile', async (t) => {
  const { send, heard, proceed, ended } = await start(
    t,
    `reload: () => {
      say('begin')
      return new Promise((done) => process.stdin.once('data', done)).then(() => say('end'))
    }`,
    `process.on('SIGHUP', () => say('SIGHUP')); serve()`,
  )
  send('SIGHUP')
  assert.equal(await heard(), 'begin')
  assert.equal(await heard(), 'SIGHUP')
  for (let i = 0; i < 3; i++) {
    send('SIGHUP')
    assert.equal(await heard(), 'SIGHUP')
  }
  proceed()
  assert.equal(await heard(), 'end')
  assert.equal(await heard(), 'begin')
  proceed()
  assert.equal(await heard(), 'end')
  send('SIGTERM')
  assert.equal(await heard(), 'daemon.stopping SIGTERM')
  assert.equal(await heard(), 'stop')
  assert.deepEqual(await ended, [0, null])
})

/** A start that takes until its input says otherwise; \`clear\` is what it would leave behind. */
const starting = (clear: string) => `
  signals.clearAwayBy(${clear})
  process.stdin.once('data', serve)
`

test('a SIGHUP before the daemon serves is kept, however many come', async (t) => {
  const begin = `process.on('SIGHUP', () => say('SIGHUP')); ${starting(`async () => say('clear')`)}`
  const { send, heard, proceed, ended } = await start(t, '', begin)
  for (let i = 0; i < 2; i++) {
    send('SIGHUP')
    assert.equal(await heard(), 'SIGHUP')
  }
  proceed()
  assert.equal(await heard(), 'reload')
  send('SIGTERM')
  assert.equal(await heard(), 'daemon.stopping SIGTERM')
  assert.equal(await heard(), 'stop')
  assert.deepEqual(await ended, [0, null])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} before the daemon serves ends the start, and clears away what it made`, async (t) => {
    const { send, heard, ended } = await start(t, '', starting(`async () => say('clear')`))
    send(signal)
    assert.equal(await heard(), 'clear')
    assert.deepEqual(await ended, [0, null])
  })
}

test('a start that cannot be cleared away ends all the same', async (t) => {
  const { send, ended } = await start(t, '', starting(`() => new Promise(() => {})`))
  send('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})

test('a SIGHUP while the daemon stops reloads nothing', async (t) => {
  const { send, heard, ended } = await start(
    t,
    `stop: () => new Promise((done) => process.stdin.once('data', done))`,
  )
  send('SIGTERM')
  assert.equal(await heard(), 'daemon.stopping SIGTERM')
  send('SIGHUP')
  send('SIGINT')
  assert.deepEqual(await ended, [0, null])
  assert.equal(await heard(), undefined)
})

test('what is not a daemon is ended by a signal as any program is', async (t) => {
  const { send, ended } = await start(t, '', 'signals.release()')
  send('SIGINT')
  assert.deepEqual(await ended, [null, 'SIGINT'])
})

test('SIGUSR1, SIGUSR2 and SIGPIPE do nothing', async (t) => {
  const { send, heard } = await start(t, '')
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) send(signal)
  send('SIGHUP')
  assert.equal(await heard(), 'reload')
})
