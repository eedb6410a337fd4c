/** The usual mistakes at each provider: the next step ends just that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf } from '../../src/errors.ts'
import { reduceErrorResponse } from '../../src/oauth/error-response.ts'
import { refusalOf } from '../../src/oauth/refusal.ts'
import { mistakes } from './beginners-mistakes.ts'

for (const [provider, rows] of Object.entries(mistakes)) {
  for (const { what, request, status, answer, code, actor, step } of rows) {
    test(`${provider}: ${what}`, () => {
      const reduced = reduceErrorResponse(status, JSON.stringify(answer))
      const refusal = refusalOf('user@example.com', reduced, { request })
      const { message, hint } = refusal
      assert.deepEqual([refusal.code, actorOf(refusal)], [code, actor], `${message} - ${hint}`)
      assert.match(hint, step)
      // An account that no person signs in for gets no advice to sign in.
      if (request === 'app-token') assert.doesNotMatch(hint, /cms-oauth login/)
    })
  }
}

test('there are more than thirty of them', () => {
  assert.ok(Object.values(mistakes).flat().length > 30)
})
