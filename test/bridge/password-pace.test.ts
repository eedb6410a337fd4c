import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PasswordPace } from '../../src/bridge/password-pace.ts'

async function turns(): Promise<void> {
  for (let count = 0; count < 5; count++) await Promise.resolve()
}

test('each address is answered once a pause, and one with too many open is turned away', async () => {
  const pauses: (() => void)[] = []
  const pace = new PasswordPace(() => new Promise((resolve) => pauses.push(resolve)))
  const open = Array.from({ length: 8 }, () => pace.refuse('a'))
  assert.equal(await pace.refuse('a'), false)
  void pace.refuse('b')
  await turns()
  assert.equal(pauses.length, 2)
  while (pauses.length > 0) {
    pauses.shift()?.()
    await turns()
  }
  assert.deepEqual(await Promise.all(open), Array(8).fill(true))
  const again = pace.refuse('a')
  await turns()
  pauses.shift()?.()
  assert.equal(await again, true)
})
