/**
 * Trouble on the way from an outbox to a provider: programs hear yes throughout, and all is sent in the order
 * in which it came, one after the other, without a command and long before the next try would be.
 */
import { type TestContext, test } from 'node:test'
import { emptied } from '../support/outbox-stage.ts'
import { assertAllSentInOrder, names, sendAll, startOutage, ways } from '../support/outage.ts'
import type { WayState } from '../support/way-gate.ts'

/** What a way does, one after the other. */
const states = ['refuses', 'cuts'] as const satisfies readonly WayState[]

/** Each closes and opens again with messages handed over between. */
async function outlast(t: TestContext, via: (typeof ways)[number]): Promise<void> {
  const outage = await startOutage(t, via)
  const { gate, daemon } = outage
  for (const [index, state] of states.entries()) {
    const { length } = daemon.log
    await gate.set(state)
    await sendAll(outage, names.slice(index * 2, index * 2 + 2))
    await daemon.logged(({ event }) => event === 'outbox.waits', length)
    await gate.set('open')
    await emptied(outage.spool)
  }
  await assertAllSentInOrder(outage)
}

// Most of their time they wait for the way to be tried again: side by side.
test(`the way ${states.join(', then ')}, and opens again`, { concurrency: true }, async (t) => {
  await Promise.all(ways.map((via) => t.test(via, (t) => outlast(t, via))))
})
