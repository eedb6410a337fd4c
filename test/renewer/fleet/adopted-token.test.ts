import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, fleetWorld, signIn } from './fleet-world.ts'

test('a token that another host got says who gave it', async (t) => {
  const world = fleetWorld(t)
  const [a, b] = [world.host('a'), world.host('b')]
  await signIn(world, a)
  await b.refresh()
  assert.equal(b.token?.issuer, account.issuer)
})
