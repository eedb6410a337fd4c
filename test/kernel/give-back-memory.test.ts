import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import v8 from 'node:v8'
import { giveBackMemory } from '../../src/kernel/give-back-memory.ts'

test('what is collected is not said to whoever reads the log', async () => {
  const file = join(import.meta.dirname, '../../src/kernel/give-back-memory.ts')
  const program = `const { giveBackMemory } = await import('${file}'); giveBackMemory(); setTimeout(() => {}, 1_100)`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, words)
  assert.deepEqual([stdout, stderr], ['', ''])
})

test('nothing is collected while there is much to do, and once there is not', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const collected = t.mock.method(v8, 'queryObjects', () => 0)
  syncBuiltinESMExports()
  t.after(() => {
    collected.mock.restore()
    syncBuiltinESMExports()
  })
  let user = 900_000
  t.mock.method(process, 'cpuUsage', () => ({ user, system: 0 }))
  giveBackMemory()
  for (const _ of [1, 2, 3]) t.mock.timers.tick(1_000)
  assert.equal(collected.mock.callCount(), 0)
  user = 100_000
  t.mock.timers.tick(1_000)
  assert.equal(collected.mock.callCount(), 1)
  t.mock.timers.tick(10_000)
  assert.equal(collected.mock.callCount(), 1)
})

test('the warnings of Node are as they were after a collection', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const node: { emitWarning: unknown } = process
  const { emitWarning } = node
  giveBackMemory()
  t.mock.timers.tick(1_000)
  assert.equal(node.emitWarning, emitWarning)
})
