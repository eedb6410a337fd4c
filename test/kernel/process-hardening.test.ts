import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

const moduleUrl = new URL('../../src/kernel/process-hardening.ts', import.meta.url).href
const getDumpable = 3

test('a hardened process cannot be traced by its own uid and leaves at most one byte of core', () => {
  const program = `
    import koffi from 'koffi'
    import { readFileSync } from 'node:fs'
    import { hardenProcess } from '${moduleUrl}'
    const prctl = koffi.load(null).func('int prctl(int option, ...)')
    const before = prctl(${getDumpable})
    hardenProcess()
    const [, soft, hard] = /^Max core file size +([^ ]+) +([^ ]+)/m
      .exec(readFileSync('/proc/self/limits', 'utf8'))
    console.log(JSON.stringify({ before, after: prctl(${getDumpable}), soft, hard }))`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program]
  assert.deepEqual(JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })), {
    before: 1,
    after: 0,
    soft: '1',
    hard: '1',
  })
})
