/** What the daemon does with what a process of the outbox says is due. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Outboxes } from '../../../src/daemon/outbox/outboxes.ts'
import type { DeliveryOutcome } from '../../../src/messages/sender-messages.ts'
import { outboxConfiguration } from '../../outbox/outbox-world.ts'
import { gate } from '../../support/jobs.ts'
import { testConfiguration } from '../../support/configurations.ts'

/** Asks for a message again at each start and each configuration, and after how it went; then for another one. */
const program = `const channel = new (require('node:net').Socket)({ fd: 3 })
const due = (id) => channel.write(JSON.stringify({ type: 'due', outbox: 'outbox', id }) + '\\n')
let rest = ''
let told = 0
channel.setEncoding('utf8').on('end', () => process.exit(0)).on('data', (text) => {
  const lines = (rest + text).split('\\n')
  rest = lines.pop()
  for (const line of lines) {
    const { type } = JSON.parse(line)
    if (type !== 'configure' && type !== 'outcome') continue
    due('a')
    due(type + process.pid + '-' + ++told)
  }
})`

const ignore = () => {}

test('a message that is being delivered is not delivered beside that, whoever asks again', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'outboxes-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const modulePath = join(directory, 'program.cjs')
  writeFileSync(modulePath, program)
  const [asked, ended] = [[] as string[], gate()]
  const delivered: DeliveryOutcome = { kind: 'delivered', refused: [] }
  const outboxes = new Outboxes({
    modulePath,
    env: { PATH: process.env['PATH'] },
    courier: {
      deliver: async (_outbox, id) => {
        asked.push(id)
        if (asked.indexOf('a') !== asked.length - 1) return new Promise<DeliveryOutcome>(ignore)
        await ended.passed
        return delivered
      },
    },
    probe: () => Promise.resolve(true),
    closeSender: () => Promise.resolve(),
    inherited: [],
    notify: ignore,
    counters: { countDelivery: ignore },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  })
  t.after(() => outboxes.close())
  const configuration = outboxConfiguration(directory)
  const store = { ...testConfiguration().store, stateDirectory: directory }
  /** How often it was delivered by the time at which so much was. */
  const timesOf = async (count: number) => {
    while (asked.length < count) await new Promise(setImmediate)
    return asked.filter((id) => id === 'a').length
  }
  const reload = async (changes: object) => {
    const next = { ...configuration, ...changes }
    await (await outboxes.prepare({ outboxes: [next], store })).commit()
  }
  await reload({})
  assert.equal(await timesOf(2), 1)
  await reload({ perHour: 9 })
  assert.equal(await timesOf(3), 1)
  // Another socket, and with it another process.
  await reload({ path: join(directory, 'other.sock') })
  assert.equal(await timesOf(4), 1)
  ended.open()
  assert.equal(await timesOf(6), 2)
})
