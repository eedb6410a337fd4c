/** Messages that are handed over at the same moment, and a disk that refuses to keep their names. */
import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { SubmitCommand } from '../../src/command-line/sendmail-arguments.ts'
import type { OutboxConfiguration } from '../../src/configuration/outbox-configuration.ts'
import { OutboxFullError } from '../../src/errors.ts'
import { Abandoned } from '../../src/outbox/abandoned.ts'
import { type Acceptance, type HandedMessage, Intake } from '../../src/outbox/intake.ts'
import { AcceptedIds } from '../../src/outbox/queue/accepted-ids.ts'
import { Queue } from '../../src/outbox/queue/queue.ts'
import { tagOf } from '../../src/outbox/spool/entry-id.ts'
import { Spool } from '../../src/outbox/spool/spool.ts'
import { interceptedFileSystem, systemError } from '../files/faulty-file-system.ts'
import { outboxConfiguration } from './outbox-world.ts'

const message = Buffer.from('Subject: backup\n\nAll is well.\n')

function handed(id: string, recipient = 'root'): HandedMessage {
  const order: SubmitCommand = {
    mode: 'submit',
    addresses: [recipient],
    readsRecipients: false,
    ignoresDots: true,
  }
  return { caller: { uid: 1000, login: 'alice' }, order, id, message, size: message.length }
}

/** An intake on a disk whose calls are counted by their names, and fail as the test says. */
function createIntake(t: TestContext, more: Partial<OutboxConfiguration> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'intake-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const configuration = outboxConfiguration(directory, more)
  const calls: string[] = []
  const disk = { isFailing: (_name: string): boolean => false, calls }
  const intercepted = interceptedFileSystem((name) => {
    calls.push(name)
    if (disk.isFailing(name)) throw systemError('EIO', 5)
  })
  const spool = new Spool(configuration.spool, { ...nodeFs, ...intercepted })
  spool.prepare()
  const queue = new Queue()
  const noted: string[] = []
  const intake = new Intake({
    spool,
    queue,
    accepted: new AcceptedIds(() => false),
    digests: { makeRoom: () => {} },
    abandoned: new Abandoned({ spool, queue, configuration: () => configuration, send: () => {} }),
    configuration: () => configuration,
    onAccepted: ({ id }) => noted.push(id),
  })
  const waiting = () => readdirSync(join(configuration.spool, 'new')).toSorted()
  return { intake, queue, disk, noted, waiting }
}

function idOf(acceptance: Acceptance | undefined): string {
  assert.ok(acceptance !== undefined && 'id' in acceptance)
  return acceptance.id
}

test('what is handed over together is stored with one sync of the folder', (t) => {
  const { intake, disk, noted, waiting } = createIntake(t)
  const all = ['a', 'b', 'c', 'd'].map((id) => handed(id))
  const ids = intake.acceptAll(all).map(idOf)
  assert.deepEqual(waiting(), ids.toSorted())
  assert.deepEqual(noted, ids)
  assert.equal(disk.calls.filter((name) => name === 'fsyncSync').length, all.length + 1)
})

test('a handing over that comes twice is stored once, together or later, and is synced each time', (t) => {
  const { intake, disk, waiting } = createIntake(t)
  const [first, again] = intake.acceptAll([handed('a'), handed('a')]).map(idOf)
  assert.equal(first, again)
  disk.calls.length = 0
  assert.equal(idOf(intake.acceptAll([handed('a')])[0]), first)
  assert.deepEqual(waiting(), [first])
  assert.ok(disk.calls.includes('fsyncSync'))
})

test('what one caller has handed over keeps out nothing of another, whatever its id, also once it is sent', (t) => {
  const { intake, waiting } = createIntake(t)
  const callers = [
    { uid: 1000, login: 'alice' },
    { uid: 1001, login: 'bob' },
    { uid: 100, login: '0' },
  ]
  const ids = ['a', '1 a', '0 a', '00 1 a']
  const all = callers.flatMap((caller) => ids.map((id) => ({ ...handed(id), caller })))
  const names = intake.acceptAll(all).map(idOf)
  assert.equal(new Set(names).size, all.length)
  assert.equal(
    new Set(names.map(tagOf)).size,
    all.length,
    'the part that marks of sent/ are known by',
  )
  assert.equal(waiting().length, all.length)
})

test('one that is refused does not keep the others out', (t) => {
  const { intake, waiting } = createIntake(t, { quota: { messages: 2, bytes: 1_024 ** 2 } })
  const all = [handed('a'), handed('b', 'stranger'), handed('c'), handed('d')]
  const acceptances = intake.acceptAll(all)
  assert.deepEqual(
    acceptances.map((each) => 'id' in each),
    [true, false, true, false],
  )
  const [, , , last] = acceptances
  assert.ok(last !== undefined && 'error' in last && last.error instanceof OutboxFullError)
  assert.equal(waiting().length, 2)
})

test('names that the disk does not keep are of no message: each is told no, and may come again', (t) => {
  const { intake, queue, disk, noted, waiting } = createIntake(t)
  const before = idOf(intake.acceptAll([handed('before')])[0])
  // Of a file it is the first, of the folder the last.
  let syncs = 0
  disk.isFailing = (name) => name === 'fsyncSync' && ++syncs === 3
  const all = [handed('a'), handed('b'), handed('before')]
  for (const each of intake.acceptAll(all)) {
    assert.ok('error' in each && each.error instanceof OutboxFullError)
  }
  assert.deepEqual(
    [waiting(), [...queue.all()].map(({ id }) => id), noted],
    [[before], [before], [before]],
  )
  disk.isFailing = () => false
  const ids = intake.acceptAll(all).map(idOf)
  assert.equal(new Set(ids).size, 3)
  assert.deepEqual(waiting(), ids.toSorted())
})
