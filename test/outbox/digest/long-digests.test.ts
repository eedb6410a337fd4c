/** A digest of many messages is made in steps, and others have their turn in between. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { SubmitCommand } from '../../../src/command-line/sendmail-arguments.ts'
import type { OutboxConfiguration } from '../../../src/configuration/outbox-configuration.ts'
import { Outbox } from '../../../src/outbox/outbox.ts'
import { AccountPace } from '../../../src/outbox/queue/account-pace.ts'
import { isDigest } from '../../../src/outbox/spool/entry-id.ts'
import { readEntry } from '../../../src/sender/spool-entry.ts'
import { retireEntry } from '../../../src/spool/spool-folders.ts'
import { delivered, outboxConfiguration } from '../outbox-world.ts'
import { above, report } from './flood-world.ts'

const caller = { uid: 1002, login: 'alice' }
const order: SubmitCommand = {
  mode: 'submit',
  addresses: ['root'],
  readsRecipients: false,
  ignoresDots: true,
}
/** The most that one digest holds. */
const count = 500

class Stage {
  readonly configuration: OutboxConfiguration
  readonly outbox: Outbox
  readonly ids: string[]
  changes = 0

  constructor(t: TestContext) {
    const directory = mkdtempSync(join(tmpdir(), 'outbox-'))
    t.after(() => rmSync(directory, { recursive: true }))
    this.configuration = outboxConfiguration(directory, { perHour: 1, digestAbove: above })
    this.outbox = this.open()
    const first = this.submit(0)
    assert.deepEqual(this.outbox.takeUp(first), first)
    retireEntry(this.configuration.spool, first)
    this.outbox.settle(first, delivered)
    this.ids = Array.from({ length: count }, (_, index) => this.submit(index + 1)).toSorted()
  }

  open(): Outbox {
    const pace = new AccountPace()
    const onChange = () => (this.changes += 1)
    const { configuration } = this
    const outbox = new Outbox({ configuration, pace: () => pace, send: () => {}, onChange })
    outbox.configure(configuration)
    return outbox
  }

  submit(index: number): string {
    const message = Buffer.from(report(index))
    return this.outbox.accept({ caller, order, id: `s${index}`, message, size: message.length })
  }

  files(folder: string): string[] {
    return readdirSync(join(this.configuration.spool, folder)).toSorted()
  }

  /** Until some are taken, and the digest has no place yet. */
  async beginDigest(): Promise<void> {
    const { outbox } = this
    assert.ok('waitMs' in (outbox.next() ?? {}))
    outbox.configure({ ...this.configuration, perHour: 2 })
    const next = outbox.next()
    assert.ok(next !== undefined && 'id' in next)
    assert.equal(outbox.takeUp(next.id), undefined)
    while (this.files('taken').length === 0) await turn()
  }

  /** What is sent next, once that is decided. */
  async nextDue(): Promise<string> {
    for (;;) {
      const next = this.outbox.next()
      const sent = next !== undefined && 'id' in next ? this.outbox.takeUp(next.id) : undefined
      if (sent !== undefined) return sent
      await turn()
    }
  }

  /** All that will be sent: alone, or in a digest. */
  waiting(): string[] {
    const { spool } = this.configuration
    return this.files('new')
      .flatMap((id) => readEntry(spool, id)?.head.holds ?? [id])
      .toSorted()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('while a digest of 500 is made mail is accepted, and nothing is sent', async (t) => {
  const stage = new Stage(t)
  await stage.beginDigest()
  assert.ok(stage.files('taken').length < count)
  const other = stage.submit(count + 1)
  assert.ok(stage.ids.includes(stage.submit(1)), 'who asks again hears the same')
  assert.ok('waitMs' in (stage.outbox.next() ?? {}))
  const changes = stage.changes
  const digest = await stage.nextDue()
  assert.ok(isDigest(digest))
  assert.ok(stage.changes > changes, 'who waits for it hears of that')
  assert.deepEqual(stage.files('new'), [digest, other].toSorted())
  assert.deepEqual(stage.waiting(), [...stage.ids, other].toSorted())
  await stage.outbox.close()
  assert.ok(stage.files('sent').every((id) => sizeOf(stage, id) === 0))
})

function sizeOf({ configuration: { spool } }: Stage, id: string): number {
  return statSync(join(spool, 'sent', id)).size
}

/** What may be asked of an outbox meanwhile; gives the ids of what is gone then. */
const acts: Record<string, (stage: Stage) => string[]> = {
  'a message is deleted that is being taken': ({ outbox, ids }) => remove(outbox, ids[0] ?? ''),
  'a message is deleted that is still to be taken': ({ outbox, ids }) =>
    remove(outbox, ids.at(-1) ?? ''),
  'a message is to be tried now': ({ outbox, ids }) => {
    const entry = outbox.queue.find(ids[0] ?? '')
    assert.ok(entry !== undefined)
    outbox.retry(entry)
    return []
  },
  'there is a reload': ({ outbox, configuration }) => {
    outbox.configure({ ...configuration, perHour: 2 })
    return []
  },
  'the outbox is taken out of the configuration, and comes back': (stage) => {
    void stage.outbox.close()
    Object.assign(stage, { outbox: stage.open() })
    return []
  },
  'there is a sweep': ({ outbox }) => {
    outbox.sweep()
    return []
  },
  'the spool is read again': ({ outbox }) => {
    outbox.readAgain()
    return []
  },
  'doctor checks it': ({ outbox }) => {
    assert.equal(outbox.check().spool.problem, null)
    return []
  },
}

/** Either it is gone, or it is said that there is no such message. */
function remove(outbox: Outbox, id: string): string[] {
  const entry = outbox.find(id)
  if (entry === undefined) return []
  outbox.remove(entry)
  return [id]
}

for (const [what, act] of Object.entries(acts)) {
  test(`each message is there once where, while a digest is made, ${what}`, async (t) => {
    const stage = new Stage(t)
    await stage.beginDigest()
    const gone = act(stage)
    assert.deepEqual([stage.files('taken'), stage.files('tmp')], [[], []])
    const left = stage.ids.filter((id) => !gone.includes(id))
    assert.deepEqual(stage.waiting(), left)
    const shown = stage.outbox.list(() => true).messages
    assert.equal(
      shown.reduce((sum, { messages = 1 }) => sum + messages, 0),
      left.length,
    )
  })
}
