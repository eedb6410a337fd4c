/**
 * 500 power cuts at any moment of handing over and of sending, and as many as it takes until 1,000 messages
 * were accepted, on a real ext4 as in `power-cut`: each of them is there, whole, after the machine is up
 * again, and what was sent is not sent again. Needs root and a loop device. Takes two minutes.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SubmitCommand } from '../../src/command-line/sendmail-arguments.ts'
import type { OutboxConfiguration } from '../../src/configuration/outbox-configuration.ts'
import { isCmsOauthError } from '../../src/errors.ts'
import { isSystemError } from '../../src/files/system-error.ts'
import { isDigest } from '../../src/outbox/spool/entry-id.ts'
import { Outbox } from '../../src/outbox/outbox.ts'
import { AccountPace } from '../../src/outbox/queue/account-pace.ts'
import { keepForRest, readEntry } from '../../src/sender/spool-entry.ts'
import { retireEntry } from '../../src/spool/spool-folders.ts'
import { outboxConfiguration } from '../outbox/outbox-world.ts'
import { createDisk } from './disk-without-power.ts'
import { requireRoot } from './require-root.ts'

const fewestCuts = 500
const fewestMessages = 1_000
const latestUs = 20_000
/** More of them are sent, the oldest first. */
const mostWaiting = 100
const caller = { uid: 1002, login: 'alice' }
const command: SubmitCommand = {
  mode: 'submit',
  addresses: ['root'],
  readsRecipients: false,
  ignoresDots: true,
}
const text = Buffer.from('Subject: backup\n\nAll is well.\n')
const [me, you] = ['me@example.org', 'you@example.org']

/** One that nobody hears: the test sends what it holds. */
function openOutbox(configuration: OutboxConfiguration): Outbox {
  const pace = new AccountPace()
  const outbox = new Outbox({
    configuration,
    pace: () => pace,
    send: () => {},
    onChange: () => {},
  })
  outbox.configure(configuration)
  return outbox
}

interface Known {
  /** How many recipients each message has left that was accepted. */
  left: Map<string, number>
  /** Of which the sender may have done more than it could say. */
  underWay: string | undefined
  removed: Set<string>
}

/** What was known to be on the disk is there, and nothing comes back; `left` is what is there then. */
function assertKept(spool: string, { left, underWay, removed }: Known): void {
  for (const [id, count] of left) {
    const there = readEntry(spool, id)?.head.rcpt.length ?? 0
    const isRight = id === underWay ? there <= count : there === count
    assert.ok(isRight, `${id} is for ${there}, was for ${count}`)
    if (there === 0) left.delete(id)
    else left.set(id, there)
  }
  for (const id of removed) assert.equal(readEntry(spool, id), undefined, `${id} is back`)
  removed.clear()
  assert.deepEqual(readdirSync(join(spool, 'tmp')), [])
}

test('power cuts lose no message that was accepted, and bring back none that was sent', async (t) => {
  requireRoot()
  const disk = createDisk(t)
  const configuration = outboxConfiguration(disk.at, {
    quota: { messages: 1_000_000, bytes: 1_024 ** 3 },
  })
  const { spool, rules } = configuration
  configuration.rules = { ...rules, aliases: { root: [me, you] } }
  const known: Known = { left: new Map(), underWay: undefined, removed: new Set() }
  const { left, removed } = known
  let [accepted, sent] = [0, 0]

  const acceptOne = (outbox: Outbox) => {
    const given = { id: `s${accepted}`, message: text, size: text.length }
    left.set(outbox.accept({ caller, order: command, ...given }), 2)
    accepted += 1
  }
  const sendOldest = () => {
    const [id = ''] = left.keys()
    known.underWay = id
    const entry = readEntry(spool, id)
    assert.ok(entry !== undefined)
    if (entry.head.rcpt.length === 2) {
      const head = { ...entry.head, rcpt: [you] }
      keepForRest(spool, { ...entry, head })
      left.set(id, 1)
    }
    retireEntry(spool, entry.head.id)
    left.delete(id)
    removed.add(id)
    sent += 1
  }

  let cut = 0
  const isEnough = () => cut >= fewestCuts && accepted >= fewestMessages
  for (; !isEnough(); cut++) {
    disk.mount()
    try {
      const outbox = openOutbox(configuration)
      assertKept(spool, known)
      await disk.cutAfter((cut * 377) % latestUs)
      try {
        for (;;) {
          acceptOne(outbox)
          if (left.size > mostWaiting) sendOldest()
        }
      } catch (error) {
        if (!isCmsOauthError(error) && !isSystemError(error)) throw error
      }
      await disk.isCut()
    } finally {
      disk.unmount()
    }
  }
  t.diagnostic(
    `${accepted} messages accepted and ${sent} sent in ${cut} cuts: none lost, none back`,
  )
})

/** Where each message of the spool is: its own name, or that of the digest that holds it; each once. */
function placesIn(spool: string): Map<string, string> {
  const places = new Map<string, string>()
  for (const name of readdirSync(join(spool, 'new'))) {
    const { holds = [name] } = readEntry(spool, name)?.head ?? {}
    for (const id of holds) {
      assert.equal(places.get(id), undefined, `${id} is there twice`)
      places.set(id, name)
    }
  }
  for (const folder of ['tmp', 'taken']) assert.deepEqual(readdirSync(join(spool, folder)), [])
  return places
}

test('power cuts while digests are made, and taken apart, lose no message, and none is there alone and in a digest', async (t) => {
  requireRoot()
  const disk = createDisk(t)
  const configuration = outboxConfiguration(disk.at, { digestAbove: 2 })
  const { spool } = configuration
  const accepted = new Set<string>()
  const removed = new Set<string>()
  let sending: string[] = []
  let [count, digests, apart, sent] = [0, 0, 0, 0]

  const makeDigest = (outbox: Outbox) => {
    const ids = ['a', 'b', 'c', 'd'].map((name) => {
      const given = { id: `${count++}${name}`, message: text, size: text.length }
      const id = outbox.accept({ caller, order: command, ...given })
      accepted.add(id)
      return id
    })
    for (const entry of outbox.queue.waiting()) entry.isHeldBack = true
    const digest = outbox.takeUp(ids[0] ?? '') ?? ''
    if (!isDigest(digest)) return
    digests += 1
    if (digests % 2 === 0) return
    outbox.settle(digest, { kind: 'refused', reason: 'no', hint: '', isOfContent: true })
    apart += 1
  }
  const sendOldest = (outbox: Outbox) => {
    const [oldest = ''] = readdirSync(join(spool, 'new')).toSorted()
    sending = readEntry(spool, oldest)?.head.holds ?? [oldest]
    retireEntry(spool, oldest)
    for (const id of sending) {
      accepted.delete(id)
      removed.add(id)
    }
    sending = []
    sent += 1
    outbox.settle(oldest, { kind: 'delivered', refused: [] })
  }

  for (let cut = 0; cut < fewestCuts; cut++) {
    disk.mount()
    const outbox = openOutbox(configuration)
    try {
      const places = placesIn(spool)
      for (const id of sending) if (!places.has(id)) accepted.delete(id)
      for (const id of accepted) assert.ok(places.has(id), `${id} is lost`)
      for (const id of removed) assert.ok(!places.has(id), `${id} is back`)
      removed.clear()
      sending = []
      await disk.cutAfter((cut * 377) % latestUs)
      try {
        for (;;) {
          makeDigest(outbox)
          if (readdirSync(join(spool, 'new')).length > 20) sendOldest(outbox)
        }
      } catch (error) {
        if (!isCmsOauthError(error) && !isSystemError(error)) throw error
      }
      await disk.isCut()
    } finally {
      // The marks of what digests hold are emptied beside the rest.
      await outbox.close()
      disk.unmount()
    }
  }
  assert.ok(digests > 0 && apart > 0 && sent > 0)
  t.diagnostic(
    `${digests} digests made, ${apart} of them taken apart, and ${sent} messages sent in ${fewestCuts} cuts: none lost, none twice`,
  )
})
