/** The built program: what it finishes when its daemon is gone, and who may deliver at a time. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, beforeEach, afterEach, type TestContext, test } from 'node:test'
import { signalShapes } from '../../src/child-process/signal-shapes.ts'
import { Child, type ChildEnd } from '../../src/child-process/child.ts'
import type { DeliveryOutcome, FromSender, ToSender } from '../../src/messages/sender-messages.ts'
import { anything, flag, number, type Shape, variants } from '../../src/shapes/shape.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { startGraphApi } from '../support/graph-api.ts'
import type { SendingServer } from '../support/sending-server.ts'
import { createSpool } from '../support/spool.ts'
import { account, introspect, me, messageTo, tokens } from './delivery-world.ts'

const modulePath = join(import.meta.dirname, '..', '..', 'dist', 'cms-oauth-sender.cjs')
const shape: Shape<FromSender> = variants<FromSender, 'type'>('type', {
  ...signalShapes,
  outcome: { job: number, outcome: anything as Shape<DeliveryOutcome> },
  probed: { job: number, isOpen: flag },
})

let certificates: TestCertificates
let server: SendingServer
/** What the answers to tokens wait for. */
let mayAnswer: Promise<void> = Promise.resolve()

before(async () => {
  certificates = await createTestCertificates()
})
after(() => certificates.remove())
beforeEach(async () => {
  mayAnswer = Promise.resolve()
  server = await startGraphApi({
    certificates,
    introspect: async (accessToken) => {
      await mayAnswer
      return introspect(accessToken)
    },
  })
})
afterEach(() => server.close())

function startSender(t: TestContext) {
  const outcomes: DeliveryOutcome[] = []
  const crashes: FromSender[] = []
  const listening = new Set<() => void>()
  let sender: Child<ToSender, FromSender> | undefined
  const ended = new Promise<ChildEnd>((resolve) => {
    sender = new Child<ToSender, FromSender>(
      {
        modulePath,
        env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificates.caFile },
      },
      {
        shape,
        onMessage: (message) => {
          if (message.type === 'crash') crashes.push(message)
          if (message.type === 'outcome') outcomes.push(message.outcome)
          for (const look of listening) look()
        },
        onMalformed: (reason) => assert.fail(reason),
        onEnd: resolve,
      },
    )
  })
  assert.ok(sender)
  const child = sender
  t.after(() => child.kill())
  return {
    child,
    ended,
    outcomes,
    crashes,
    deliver: (spool: string, id: string) =>
      child.send({
        type: 'deliver',
        delivery: {
          job: 1,
          spool,
          id,
          route: { via: 'graph', origin: server.origin },
          account,
          user: account,
          isAppOnly: false,
          accessToken: tokens.graph,
        },
      }),
    toHave: async (count: number) => {
      while (outcomes.length < count) {
        await new Promise<void>((resolve) => listening.add(resolve))
      }
    },
  }
}

/** Answers come when what this returns is called. */
function holdAnswers(): () => void {
  const held: (() => void)[] = []
  mayAnswer = new Promise((resolve) => held.push(resolve))
  return () => held.forEach((release) => release())
}

function spoolWithMessage(t: TestContext) {
  const spool = createSpool()
  t.after(() => spool.remove())
  const entry = { rcpt: [me], message: messageTo([`To: ${me}`]) }
  return { spool, id: spool.put(entry), next: () => spool.put(entry) }
}

test('messages of a spool are delivered in order, and the process ends with its channel', async (t) => {
  const { spool, id, next } = spoolWithMessage(t)
  const { child, ended, outcomes, crashes, deliver, toHave } = startSender(t)
  const ids = [id, next(), next()]
  for (const each of ids) deliver(spool.directory, each)
  await toHave(3)
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['delivered', 'delivered', 'delivered'],
  )
  assert.deepEqual(
    ids.map((each) => spool.left(each)),
    [undefined, undefined, undefined],
  )
  child.disconnect()
  assert.deepEqual(await ended, { reason: 'status 0' })
  assert.deepEqual(crashes, [])
})

test('a sender that lost its daemon finishes the message in hand, and ends', async (t) => {
  const { spool, id, next } = spoolWithMessage(t)
  const answer = holdAnswers()
  const { child, ended, deliver } = startSender(t)
  const other = next()
  deliver(spool.directory, id)
  deliver(spool.directory, other)
  await server.asked(1)
  child.disconnect()
  answer()
  assert.deepEqual(await ended, { reason: 'status 0' })
  assert.equal(spool.left(id), undefined)
  // It may not have heard of the end in time: then the next one is whole, too.
  assert.equal(spool.left(other) === undefined, server.sent.length === 2)
})

test('another sender waits for the one that has the spool, and finds the message gone', async (t) => {
  const { spool, id } = spoolWithMessage(t)
  const answer = holdAnswers()
  const first = startSender(t)
  const second = startSender(t)
  first.deliver(spool.directory, id)
  await server.asked(1)
  first.child.disconnect()
  second.deliver(spool.directory, id)
  answer()
  await first.ended
  await second.toHave(1)
  assert.deepEqual(second.outcomes, [{ kind: 'gone' }])
  assert.equal(server.sent.length, 1)
})

test('a sender that is killed leaves the spool to the next one', async (t) => {
  const { spool, id } = spoolWithMessage(t)
  mayAnswer = new Promise(() => {})
  const first = startSender(t)
  first.deliver(spool.directory, id)
  await server.asked(1)
  first.child.kill()
  await first.ended
  mayAnswer = Promise.resolve()
  const second = startSender(t)
  second.deliver(spool.directory, id)
  await second.toHave(1)
  assert.deepEqual(second.outcomes, [{ kind: 'delivered', refused: [] }])
  assert.equal(spool.left(id), undefined)
})
