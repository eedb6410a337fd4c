import assert from 'node:assert/strict'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import v8 from 'node:v8'
import { optimizeUnderLoad } from '../../src/daemon/optimize-under-load.ts'
import { giveBackMemory } from '../../src/kernel/give-back-memory.ts'
import type { ServedToken } from '../../src/sasl/served-token.ts'

const burst = 500
/** In a second: no burst, and none that goes on. */
const few = 5

/** What V8 is told, in its order, in place of V8. */
function watchV8(t: TestContext): string[] {
  const told: string[] = []
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.mock.method(v8, 'setFlagsFromString', (flag: string) => void told.push(flag))
  t.mock.method(v8, 'queryObjects', () => void told.push('collect'))
  t.mock.method(v8, 'getHeapStatistics', () => ({ used_heap_size: 0 }))
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
  return told
}

function pass(t: TestContext, seconds: number): void {
  for (let second = 0; second < seconds; second++) t.mock.timers.tick(1_000)
}

function askedOften(): (count: number) => void {
  const tokens = optimizeUnderLoad({ serve: () => ({}) as ServedToken })
  return (count) => {
    for (let asked = 0; asked < count; asked++) void tokens.serve('user@example.com')
  }
}

test('what a start took is given back', (t) => {
  const told = watchV8(t)
  giveBackMemory()
  pass(t, 20)
  assert.deepEqual(told, ['collect'])
})

test('a burst is worth the optimizing compiler, until few ask', (t) => {
  const told = watchV8(t)
  const ask = askedOften()
  ask(burst)
  for (let second = 0; second < 20; second++) {
    pass(t, 1)
    ask(few)
  }
  const [grow, small] = [4, 1].map((factor) => `--semi-space-growth-factor=${factor}`)
  assert.deepEqual(told, ['--opt', grow, small, 'collect'])
})

const bursts: Record<string, (ask: (count: number) => void) => void> = {
  'begins before the start is over': (ask) => {
    ask(burst)
    giveBackMemory()
  },
  'begins right after the start': (ask) => {
    giveBackMemory()
    ask(burst)
  },
}
for (const [name, begin] of Object.entries(bursts)) {
  test(`a burst that ${name}: what both took is given back together, after it`, (t) => {
    const told = watchV8(t)
    const ask = askedOften()
    begin(ask)
    for (let second = 0; second < 10; second++) {
      pass(t, 1)
      ask(burst)
    }
    assert.ok(!told.includes('collect'), told.join())
    pass(t, 20)
    assert.deepEqual(told.slice(-1), ['collect'])
    assert.equal(told.filter((each) => each === 'collect').length, 1)
  })
}
