import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Blocks, giveBack, share } from '../../src/bridge/blocks.ts'

const sizes = { pieceBytes: 1_024, pieces: 4 }

test('a block is lent again when every use of it has ended', () => {
  const blocks = new Blocks(sizes)
  const block = blocks.lend()
  const [first, second] = [share(block, 0, 1_024), share(block, 1_024, 1_100)]
  for (const bytes of [second, block[0]]) {
    giveBack(bytes)
    assert.notEqual(blocks.lend(), block)
  }
  giveBack(first)
  assert.equal(blocks.lend(), block)
})

test('what is given back once too often is not lent twice', () => {
  const blocks = new Blocks(sizes)
  const block = blocks.lend()
  giveBack(block[0])
  giveBack(block[0])
  assert.equal(blocks.lend(), block)
  assert.notEqual(blocks.lend(), block)
})

test('what was not lent is left alone', () => {
  giveBack(Buffer.from('NOOP\r\n'))
  giveBack(Buffer.alloc(sizes.pieceBytes))
  const pieces = new Blocks(sizes).lend()
  assert.deepEqual(
    pieces.map((piece) => piece.length),
    [1_024, 1_024, 1_024, 1_024],
  )
})

test('a mebibyte is kept for the next, and no more', () => {
  const blocks = new Blocks({ pieceBytes: 256 * 1_024, pieces: 1 })
  const lent = Array.from({ length: 6 }, () => blocks.lend())
  for (const [piece] of lent) giveBack(piece)
  const again = Array.from({ length: 6 }, () => blocks.lend())
  assert.equal(again.filter((block) => lent.includes(block)).length, 4)
})
