import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Block, Blocks, giveBack, share } from '../../src/bridge/blocks.ts'

const sizes = { pieceBytes: 1_024, pieces: 4 }

function lend(blocks: Blocks): Block {
  const block = blocks.lend()
  assert.ok(block !== undefined)
  return block
}

test('a block is lent again when every use of it has ended', () => {
  const blocks = new Blocks(sizes)
  const block = lend(blocks)
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
  const block = lend(blocks)
  giveBack(block[0])
  giveBack(block[0])
  assert.equal(blocks.lend(), block)
  assert.notEqual(blocks.lend(), block)
})

test('what was not lent is left alone', () => {
  giveBack(Buffer.from('NOOP\r\n'))
  giveBack(Buffer.alloc(sizes.pieceBytes))
  const pieces = lend(new Blocks(sizes))
  assert.deepEqual(
    pieces.map((piece) => piece.length),
    [1_024, 1_024, 1_024, 1_024],
  )
})

test('a mebibyte is kept for the next, and no more', () => {
  const blocks = new Blocks({ pieceBytes: 256 * 1_024, pieces: 1 })
  const lent = Array.from({ length: 6 }, () => lend(blocks))
  for (const [piece] of lent) giveBack(piece)
  const again = Array.from({ length: 6 }, () => lend(blocks))
  assert.equal(again.filter((block) => lent.includes(block)).length, 4)
})

test('16 MiB are lent at a time, and more once a use has ended', () => {
  const blocks = new Blocks({ pieceBytes: 256 * 1_024, pieces: 1 })
  const lent = Array.from({ length: 64 }, () => lend(blocks))
  const [first = lend(blocks)] = lent
  const shared = share(first, 0, 1)
  giveBack(first[0])
  assert.deepEqual([blocks.hasMore, blocks.lend()], [false, undefined])
  giveBack(shared)
  assert.equal(blocks.hasMore, true)
  assert.equal(blocks.lend(), first)
})
