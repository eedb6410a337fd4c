/** An exception that nobody expected costs one job, and the renewer lives on. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import type { FromRenewer } from '../../src/messages/renewer-messages.ts'
import { testAccount } from '../support/accounts.ts'
import { assertAdvice } from '../support/golden.ts'
import { startScriptedRenewer } from '../support/scripted-renewer.ts'

const mainFile = join(import.meta.dirname, '..', '..', 'src', 'renewer', 'main.ts')
const secret = 'canary-of-a-refresh-token'

/** The real renewer's process, with a program that runs in it when it gets SIGUSR2. */
function startRenewer(t: TestContext, program: string) {
  const preload = `data:text/javascript,process.on('SIGUSR2', () => { ${program} })`
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', preload, mainFile], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const channel = child.stdio[3] as Socket
  const lines = createInterface(channel)[Symbol.asyncIterator]()
  const next = async <T extends FromRenewer['type']>(type: T) => {
    for (;;) {
      const message = JSON.parse((await lines.next()).value as string) as FromRenewer
      if (message.type === type) return message as Extract<FromRenewer, { type: T }>
    }
  }
  const write = (text: string) => channel.write(`${text}\n`)
  const send = (message: object) => write(JSON.stringify(message))
  return { child, next, send, write }
}

/** A directory of which nobody expects that Node throws a TypeError. */
const configuration = {
  type: 'configure',
  store: { kind: 'files', stateDirectory: '/nonexistent\0', key: { from: 'keyring' } },
  runtimeDirectory: '/nonexistent',
}
const unusable = {
  type: 'job',
  id: 1,
  job: { kind: 'refresh', parameters: { account: testAccount() } },
}

test('a job that meets an unexpected error fails alone, and the next one is run', async (t) => {
  const { next, send } = startRenewer(t, '')
  send(configuration)
  send(unusable)
  const { report } = await next('crash')
  assert.equal(report.kind, 'TypeError')
  assert.ok(report.frames.length > 0)
  const failure = await next('failure')
  const { error_description: message, hint } = failure.error
  assertAdvice({ message, hint }, 'a job that meets an unexpected error', {
    job: 'refresh',
    user: 'user@example.com',
    event: 'renewer.exception_caught',
  })
  assert.deepEqual(failure, {
    type: 'failure',
    id: 1,
    error: {
      error: 'provider_unavailable',
      error_description: message,
      hint,
      actor: 'you',
      answer: {},
      is_fate_unknown: true,
    },
  })
  send({ ...unusable, id: 2 })
  assert.equal((await next('failure')).id, 2)
})

for (const [name, program] of [
  ['an exception', `throw new RangeError('${secret}')`],
  ['a rejection', `Promise.reject(new RangeError('${secret}'))`],
] as const) {
  test(`${name} that no job is to blame for is told without its words, and costs nothing`, async (t) => {
    const { child, next, send } = startRenewer(t, program)
    send(configuration)
    send(unusable)
    await next('failure')
    child.kill('SIGUSR2')
    const crash = await next('crash')
    assert.equal(crash.report.kind, 'RangeError')
    assert.ok(!JSON.stringify(crash).includes('canary'))
    send({ ...unusable, id: 2 })
    assert.equal((await next('failure')).id, 2)
  })
}

test('a job that is none fails, is reported without a word of it, and costs nothing', async (t) => {
  const { next, send } = startRenewer(t, '')
  send(configuration)
  const jobs = [
    { kind: 'revoke', parameters: {} },
    { kind: 'refresh', parameters: {} },
    { kind: 'probe', parameters: { account: { ...testAccount(), user: 1 } } },
    { kind: 'probe', parameters: { account: testAccount() }, refreshToken: secret },
  ]
  for (const [id, job] of jobs.entries()) {
    send({ type: 'job', id, job })
    const crash = await next('crash')
    assert.equal(crash.report.kind, 'MalformedMessageError')
    assert.ok(!JSON.stringify(crash).includes('canary'))
    const { id: failed, error } = await next('failure')
    assert.deepEqual([failed, error.error], [id, 'provider_unavailable'])
  }
  send({ ...unusable, id: 9 })
  assert.equal((await next('failure')).id, 9)
})

test('what is not a message is reported, and costs nothing', async (t) => {
  const { next, send, write } = startRenewer(t, '')
  for (const line of ['', 'x', 'null', '[]', '7', '{}', '{"type":"stop', '{"type":"__proto__"}']) {
    write(line)
    assert.equal((await next('crash')).report.kind, 'MalformedMessageError', line)
  }
  send(configuration)
  send(unusable)
  assert.equal((await next('failure')).id, 1)
})

test('a crash report is a line of the log', async (t) => {
  const { renewer, logged } = startScriptedRenewer(
    t,
    `on((job) => {
      const report = { kind: 'TypeError', code: 'ERR_X', frames: ['a.js:1', 'b.js:2'] }
      process.send({ type: 'crash', report, user: 'user@example.com' })
      answer(job, { accessToken: 'a' })
    })`,
  )
  await renewer.run('refresh', { account: testAccount() })
  const { pid, ...line } = await logged('renewer.exception_caught')
  assert.equal(pid, renewer.pids[0])
  assert.deepEqual(line, {
    level: 'error',
    event: 'renewer.exception_caught',
    reason: 'TypeError',
    code: 'ERR_X',
    stack: 'a.js:1 b.js:2',
    user: 'user@example.com',
  })
})
