import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRetryAfter } from '../../src/oauth/retry-after.ts'

const now = Date.UTC(2026, 0, 1)

test('seconds or a date are waited for, an hour at most', () => {
  const cases: [string | undefined, number | undefined][] = [
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['86400', 3_600_000],
    ['9'.repeat(400), 3_600_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['Fri, 02 Jan 2026 00:00:00 GMT', 3_600_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [header, ms] of cases) assert.equal(parseRetryAfter(header, now), ms, header)
})
