import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { refreshDelayMs, serveMarginMs } from '../../../src/daemon/tokens/refresh-policy.ts'
import { backOffMs } from '../../../src/schedule/back-off.ts'

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const lifetime = fc.integer({ min: 60_000, max: 86_400_000 })

test('a token is served until a tenth of its lifetime before its end, 30 s at most', () => {
  assert.equal(serveMarginMs(60_000), 6_000)
  assert.equal(serveMarginMs(3_600_000), 30_000)
})

test('a refresh is due at 50-80 % of the lifetime, and early enough before the end', () => {
  fc.assert(
    fc.property(
      lifetime,
      fc.integer({ min: 0, max: 7_200_000 }),
      share,
      (ms, beforeExpiryMs, random) => {
        const delayMs = refreshDelayMs(ms, { beforeExpiryMs, random: () => random })
        assert.ok(delayMs >= ms * 0.5)
        assert.ok(delayMs <= ms * 0.8)
        assert.ok(delayMs <= ms - Math.min(beforeExpiryMs, ms / 2) + 1e-6)
      },
    ),
  )
})

test('back-off lies between 5 s and 5 min however many failures there were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), share, (failures, random) => {
      const delayMs = backOffMs(failures, undefined, () => random)
      assert.ok(delayMs >= 5_000 && delayMs <= 300_000)
    }),
  )
})

test('back-off is never shorter than the provider asked for', () => {
  assert.equal(
    backOffMs(1, 3_600_000, () => 0),
    3_600_000,
  )
})
