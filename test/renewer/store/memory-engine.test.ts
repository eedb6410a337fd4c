/** That an engine needs nothing of etcd: a second one keeps what every engine promises. */
import { addressHashOf } from '../../../src/sealing/address-hash.ts'
import { testEngine } from './engine-contract.ts'
import { MemoryEngine, MemoryShared } from './memory-engine.ts'

testEngine('memory', 'shared', () => {
  const shared = new MemoryShared(Date.now)
  let isRefused = false
  const way = (writes: boolean) =>
    Promise.resolve(writes && isRefused ? ('unavailable' as const) : ('done' as const))
  return {
    open: () => new MemoryEngine(shared, 'a', way),
    refuseWrites: (refused) => {
      isRefused = refused
    },
    tear: ({ user, kind }) => {
      const name = `${kind} ${addressHashOf(user)}`
      const { sealed = Buffer.of() } = shared.records.get(name) ?? {}
      shared.records.set(name, { sealed: sealed.subarray(0, sealed.length / 2), revision: 'torn' })
    },
    dieWriting: () => Promise.resolve(),
    leftovers: () => [],
  }
})
