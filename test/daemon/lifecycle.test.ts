/** What signals do, in a process of their own. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'

const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
const imports = `
  import { handleSignals } from ${source('../../src/daemon/lifecycle.ts')}
  import { ConfigInvalidError } from ${source('../../src/errors.ts')}
  const say = (...words) => console.log(words.join(' '))
  const log = { info: (event, { signal }) => say(event, signal) }
  const reload = async () => say('reload')
  const stop = async () => say('stop')
`

/** A process that handles signals as the program says; `heard` gives its next line. */
async function start(t: TestContext, lifecycle: string) {
  const program = `${imports}
    setInterval(() => {}, 60_000)
    handleSignals({ reload, stop, log, ${lifecycle} })
    say('ready')`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const heard = async () => (await lines.next()).value as string | undefined
  assert.equal(await heard(), 'ready')
  return { send: (signal: NodeJS.Signals) => child.kill(signal), heard, ended }
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
