import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('what is collected is not said to whoever reads the log', async () => {
  const file = join(import.meta.dirname, '../../src/kernel/give-back-memory.ts')
  const program = `const { giveBackMemory } = await import('${file}'); giveBackMemory(); setTimeout(() => {}, 1_100)`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, words)
  assert.deepEqual([stdout, stderr], ['', ''])
})
