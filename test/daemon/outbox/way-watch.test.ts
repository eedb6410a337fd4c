/** When the daemon says that the way to a provider is open again. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setImmediate as afterEvents } from 'node:timers/promises'
import { WayWatch } from '../../../src/daemon/outbox/way-watch.ts'

const account = 'notify@example.com'
const route = { via: 'gmail-api', origin: 'https://api.test' } as const

function watchWith(t: TestContext, answers: boolean[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const seen = { probes: 0, opened: 0 }
  const watch = new WayWatch({
    routeOf: () => route,
    probe: () => {
      seen.probes += 1
      return Promise.resolve(answers.shift() ?? false)
    },
    onOpen: () => (seen.opened += 1),
  })
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms)
    await afterEvents()
  }
  return { watch, seen, pass }
}

test('a way that was closed and is open again is told once, and not watched any more', async (t) => {
  const { watch, seen, pass } = watchWith(t, [false, false, true, true])
  watch.watch(account)
  for (const ms of [1_000, 2_000]) await pass(ms)
  assert.deepEqual(seen, { probes: 2, opened: 0 })
  // Another delivery failed meanwhile.
  watch.watch(account)
  await pass(5_000)
  assert.deepEqual(seen, { probes: 3, opened: 1 })
  await pass(3_600_000)
  assert.equal(seen.probes, 3)
})

test('a way that is open at once is not what the delivery failed of', async (t) => {
  const { watch, seen, pass } = watchWith(t, [true])
  watch.watch(account)
  await pass(1_000)
  await pass(3_600_000)
  assert.deepEqual(seen, { probes: 1, opened: 0 })
})

test('in an hour it is asked for every half minute at most', async (t) => {
  const { watch, seen, pass } = watchWith(t, [])
  watch.watch(account)
  for (let second = 0; second < 3_600; second++) await pass(1_000)
  assert.ok(seen.probes > 118 && seen.probes < 126, String(seen.probes))
})

test('what arrived, or failed of something else, is not watched', async (t) => {
  const { watch, seen, pass } = watchWith(t, [false, true])
  watch.watch(account)
  await pass(1_000)
  watch.stop(account)
  await pass(3_600_000)
  assert.deepEqual(seen, { probes: 1, opened: 0 })
})

test('a delivery that fails while the daemon stops is not watched', async (t) => {
  const { watch, seen, pass } = watchWith(t, [])
  watch.watch(account)
  watch.close()
  watch.watch(account)
  await pass(3_600_000)
  assert.equal(seen.probes, 0)
})
