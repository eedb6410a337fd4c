/**
 * 10,000 accounts of one issuer for five hours on a fake clock: once a cold start is forgotten, no second
 * has four times the refreshes of the mean, and whoever asks gets a token. Takes half a minute.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulation } from '../daemon/tokens/simulation.ts'

const second = 1_000
const hour = 3_600 * second
const count = 10_000

/** The same numbers in each run. */
function seededRandom(): () => number {
  let seed = 1
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
}

test('10,000 accounts are refreshed evenly, and none of them is ever without a token', async (t) => {
  const { add, pass, provider, stop } = createSimulation({ random: seededRandom() })
  t.after(stop)
  const tokens = add(count)
  for (const token of tokens) token.resume(1)
  await pass(4 * hour)
  const begun = provider.refreshes
  let before = begun
  let most = 0
  let without = 0
  await pass(hour, second, () => {
    most = Math.max(most, provider.refreshes - before)
    before = provider.refreshes
    without += tokens.filter((token) => token.servable === undefined).length
  })
  const mean = (provider.refreshes - begun) / 3_600
  t.diagnostic(`at most ${most} in one second, ${mean.toFixed(1)} on average`)
  assert.ok(most <= 4 * mean)
  assert.equal(without, 0)
})
