/** The process that delivers, from the daemon's side. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { SenderHandle } from '../../../src/daemon/outbox/sender-handle.ts'
import type { LogFields } from '../../../src/logging/log.ts'

/** Delivers all at once; told to end, it makes a file "told", and stays until there is one named after its job. */
const program = `const { existsSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const channel = new (require('node:net').Socket)({ fd: 3, allowHalfOpen: true })
channel.setEncoding('utf8').on('data', (line) => {
  const { delivery: { job } } = JSON.parse(line)
  channel.write(JSON.stringify({ type: 'outcome', job, outcome: { kind: 'delivered', refused: [] } }) + '\\n')
  channel.on('end', () => {
    writeFileSync(join(__dirname, 'told'), '')
    setInterval(() => existsSync(join(__dirname, String(job))) && process.exit(0), 5)
  })
})
`

const delivery = {
  spool: '/spool',
  id: 'id',
  route: { via: 'gmail-api', origin: 'https://api.test' },
  account: 'me@example.com',
  user: 'me@example.com',
  isAppOnly: false,
  accessToken: 'token',
} as const

const ignore = () => {}

function start(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-sender-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const modulePath = join(directory, 'program.cjs')
  writeFileSync(modulePath, program)
  const pids: number[] = []
  const errors: string[] = []
  const options = {
    modulePath,
    env: { PATH: process.env['PATH'] },
    log: {
      debug: (_event: string, { pid }: LogFields = {}) => void (pid && pids.push(pid)),
      info: ignore,
      warn: ignore,
      error: (event: string) => void errors.push(event),
    },
    idleMs: 0,
  }
  const sender = new SenderHandle(options)
  const mayEnd = (job: number) => writeFileSync(join(directory, `${job}`), '')
  return { sender, options, directory, pids, errors, mayEnd }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

function isGone(pid: number | undefined): boolean {
  try {
    return pid !== undefined && !process.kill(pid, 0)
  } catch {
    return true
  }
}

test('closing waits for the one that delivers, whichever idle one ends meanwhile', async (t) => {
  const { sender, options, directory, pids, errors, mayEnd } = start(t)
  await sender.deliver(delivery)
  await until(() => existsSync(join(directory, 'told')))
  // The second one is not idle when it is closed.
  options.idleMs = 60_000
  await sender.deliver(delivery)
  let isClosed = false
  const closed = sender.close().then(() => (isClosed = true))
  mayEnd(1)
  await until(() => isGone(pids[0]))
  // Its parent hears of it in one of the next turns.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(isClosed, false)
  mayEnd(2)
  await closed
  assert.deepEqual(errors, [])
})

for (const [how, code, isUncertain] of [
  ['that ended with a status', 'process.exit(3)', true],
  ['that met a fault of Node', 'process.abort()', true],
  ['that somebody killed', "process.kill(process.pid, 'SIGKILL')", undefined],
  ['that was told to end', "process.kill(process.pid, 'SIGTERM')", undefined],
] as const) {
  test(`what a sender was delivering ${how}: it ${isUncertain ? 'may have been sent' : 'is tried again as before'}`, async (t) => {
    const { sender, options } = start(t)
    writeFileSync(options.modulePath, code)
    const lost = await sender.deliver(delivery)
    assert.deepEqual(lost.kind === 'later' && lost.isUncertain, isUncertain)
  })
}

test('a sender that never started has sent nothing', async (t) => {
  const { options } = start(t)
  const sender = new SenderHandle({ ...options, env: { TOO_LONG: 'x'.repeat(1_000_000) } })
  const none = await sender.deliver(delivery)
  assert.deepEqual(none.kind === 'later' && none.isUncertain, undefined)
})

test('once it is closed nothing starts a sender again, whoever still asks', async (t) => {
  const { sender, pids, mayEnd } = start(t)
  await sender.deliver(delivery)
  mayEnd(1)
  await sender.close()
  const { kind } = await sender.deliver(delivery)
  assert.equal(kind, 'later')
  assert.equal(await sender.probe(delivery.route), false)
  await sender.close()
  assert.equal(pids.length, 1)
})
