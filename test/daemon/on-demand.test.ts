import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OnDemand } from '../../src/daemon/on-demand.ts'

test('a part is made once, for all who ask, and is not there before', async () => {
  let count = 0
  const part = new OnDemand(() => Promise.resolve(++count))
  assert.equal(part.present, undefined)
  assert.deepEqual(await Promise.all([part.get(), part.get()]), [1, 1])
  assert.deepEqual([part.present, await part.get()], [1, 1])
})

test('a part whose code could not be loaded is tried again for the next who asks', async () => {
  const answers = [() => Promise.reject(new Error('EMFILE')), () => Promise.resolve('there')]
  const part = new OnDemand(() => answers.shift()?.() ?? Promise.reject(new Error('no more')))
  const both = await Promise.allSettled([part.get(), part.get()])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(part.present, undefined)
  assert.equal(await part.get(), 'there')
})
