import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, giveBack } from '../../src/bridge/read-buffers.ts'

const large = Buffer.alloc(64 * 1024, 'x')

test('what was given back is used again, once for each time', () => {
  const first = copyOf(large)
  giveBack(first)
  giveBack(first)
  const [second, third] = [copyOf(large), copyOf(large)]
  assert.equal(second.buffer, first.buffer)
  assert.notEqual(third.buffer, first.buffer)
})

test('a copy keeps what it holds, whatever is lent and given back meanwhile', () => {
  const kept = copyOf(Buffer.alloc(20_000, 'k'))
  for (let count = 0; count < 40; count++) giveBack(copyOf(large))
  const others = Array.from({ length: 40 }, () => copyOf(large))
  others.forEach(giveBack)
  assert.ok(kept.equals(Buffer.alloc(20_000, 'k')))
})

test('what was not lent is left alone: a small copy shares its memory with others', () => {
  const small = copyOf(Buffer.from('NOOP\r\n'))
  giveBack(small)
  giveBack(Buffer.from('y'))
  assert.notEqual(copyOf(large).buffer, small.buffer)
  assert.equal(small.toString(), 'NOOP\r\n')
})
