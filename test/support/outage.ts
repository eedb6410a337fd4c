import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startGmailApi } from './gmail-api.ts'
import { startGraphApi } from './graph-api.ts'
import { emptied, type Stage, startStage } from './outbox-stage.ts'
import { startSubmissionServer } from './submission-server.ts'
import { startWayGate, type WayGate } from './way-gate.ts'
import { createWorld, type World } from './world.ts'

/** Who waits for the next try waits for a day. */
const retry = 'retry = ["24h"]\nper_hour = 1000\n'
/** How an outbox may send. */
export const ways = ['graph', 'gmail-api', 'smtp'] as const
/** Subjects, in order. */
export const names = ['first', 'second', 'third', 'fourth']

interface Server {
  port: number
  /** The subjects of what it has, in order. */
  subjects: () => string[]
  /** Requests of an API. */
  mostAtOnce?: () => number
  close: () => Promise<void>
}

/** An outbox whose way to the provider a test closes. */
export interface Outage extends Stage {
  gate: WayGate
  server: Server
}

async function startServer(world: World, via: (typeof ways)[number]): Promise<Server> {
  const { provider } = world
  const { certificates } = provider
  if (via === 'smtp') {
    const introspect = (token: string) => provider.introspect(token)
    const server = await startSubmissionServer({ certificates, introspect, isStrict: true })
    return {
      port: server.port,
      subjects: () => server.messages.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1] ?? ''),
      close: () => server.close(),
    }
  }
  const begin = via === 'graph' ? startGraphApi : startGmailApi
  const api = await begin({ certificates, introspect: (token) => provider.findToken(token) })
  const subjectOf = ({ read }: (typeof api.sent)[number]) =>
    read.fields.find(({ name }) => name === 'subject')?.value ?? ''
  return {
    port: Number(new URL(api.origin).port),
    subjects: () => api.sent.map(subjectOf),
    mostAtOnce: () => api.mostAtOnce(),
    close: () => api.close(),
  }
}

/** Starts it, with the way open. */
export async function startOutage(
  t: TestContext,
  via: (typeof ways)[number],
  prepare: (world: World) => void = () => {},
): Promise<Outage> {
  const world = await createWorld()
  prepare(world)
  const server = await startServer(world, via)
  t.after(() => server.close())
  const gate = await startWayGate(server.port)
  t.after(() => gate.close())
  const way =
    via === 'smtp'
      ? `via = "smtp"\nhost = "localhost:${gate.port}/starttls"\n`
      : `api = "https://localhost:${gate.port}"\n`
  const shape = { graph: 'office365', 'gmail-api': 'gmail', smtp: 'oidc' } as const
  const stage = await startStage(t, shape[via], world, way + retry)
  return Object.assign(stage, { gate, server })
}

/** Hands over a message of each subject: each caller hears yes. */
export async function sendAll({ send }: Stage, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) {
    assert.equal(await send({ message: `Subject: ${subject}\n\ntext\n` }), 0)
  }
}

/** Resolves when all were sent, without a command: in order, one after the other. */
export async function assertAllSentInOrder(
  { server, spool }: Outage,
  subjects: readonly string[] = names,
): Promise<void> {
  await emptied(spool)
  assert.deepEqual(server.subjects(), subjects)
  assert.equal(server.mostAtOnce?.() ?? 1, 1, 'one at a time')
}
