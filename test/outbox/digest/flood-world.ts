/** An outbox in which the reports of one caller wait for the hour to be over. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { OutboxConfiguration } from '../../../src/configuration/outbox-configuration.ts'
import { readEntry } from '../../../src/sender/spool-entry.ts'
import { retireEntry } from '../../../src/spool/spool-folders.ts'
import { delivered, outcome, type OutboxWorld, world } from '../outbox-world.ts'

export const above = 3
export const report = (index: number) => `Subject: disk ${index} is full\n\nAll of it.\n`
/** No two of them are. */
export const unlike = (index: number) => `Subject: ${'abcdefghijklmnop'[index]} stopped\n\nx\n`

/** An outbox that has sent as much as it may in this hour. */
export async function exhausted(
  t: TestContext,
  more: Partial<OutboxConfiguration> = {},
): Promise<OutboxWorld> {
  const made = await world(t, { perHour: 1, digestAbove: above, ...more })
  await made.submit(report(0), { id: 'first' })
  const [due] = await made.waitFor('due', 1)
  send(made, due?.id ?? '')
  return made
}

/** What a sender does that has delivered one. */
export function send(made: OutboxWorld, id: string): void {
  retireEntry(made.configuration.spool, id)
  outcome(made, id, delivered)
}

/** Hands over so many; gives their ids. */
export async function flood(
  made: OutboxWorld,
  count: number,
  of: (index: number) => string = report,
  head: object = {},
  name = 's',
): Promise<string[]> {
  const ids: string[] = []
  for (let index = 1; index <= count; index++) {
    const text = of(index)
    const size = Buffer.byteLength(text)
    const { status, body } = await made.submit(text, { id: `${name}${index}`, size, ...head })
    assert.equal(status, 200, JSON.stringify(body))
    ids.push(body['id'] as string)
  }
  return ids
}

/** What is sent next, once one more may be sent in an hour. */
export async function nextDue(made: OutboxWorld, perHour = 2): Promise<string> {
  const before = made.said.filter(({ type }) => type === 'due').length
  made.configure({ perHour })
  const due = await made.waitFor('due', before + 1)
  return due[before]?.id ?? ''
}

export function heldBy(made: OutboxWorld, id: string): string[] | undefined {
  return readEntry(made.configuration.spool, id)?.head.holds
}
