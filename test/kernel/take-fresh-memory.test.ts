import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const kernel = join(import.meta.dirname, '../../src/kernel')
const pieces = 200
const piecesBytes = pieces * 64 * 1024

/** How much the heap grows by that many pieces of 64 KiB, in a process of its own. */
function heapGrowth(before: string): number {
  const program = `
    import { readFileSync } from 'node:fs'
    const { libc } = await import('${kernel}/libc.ts')
    const { takeFreshMemory } = await import('${kernel}/take-fresh-memory.ts')
    const malloc = libc.func('void *malloc(size_t bytes)')
    const heapBytes = () => {
      const [, from, to] = /^(\\S+)-(\\S+) .*\\[heap\\]$/m.exec(readFileSync('/proc/self/maps', 'latin1')) ?? []
      return parseInt(to ?? '0', 16) - parseInt(from ?? '0', 16)
    }
    ${before}
    const bytes = heapBytes()
    for (let piece = 0; piece < ${pieces}; piece++) malloc(64 * 1024)
    console.log(heapBytes() - bytes)`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', program]
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8' }))
}

test('what is large is not in the heap, where it would hold what others have used', (t) => {
  t.diagnostic(`without it the heap grows by ${heapGrowth('')} bytes of ${piecesBytes}`)
  const growth = heapGrowth('takeFreshMemory()')
  assert.ok(growth < piecesBytes / 10, `it grows by ${growth} bytes`)
})
