import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastCheck from 'fast-check'
import { LineSink } from '../../src/logging/line-sink.ts'

/** A reader that has room for so many bytes at a time; EAGAIN without any, as a pipe has it. */
function reader(mostWaitingBytes = 100) {
  let text = ''
  let room = 0
  const sink = new LineSink({
    mostWaitingBytes,
    lostLine: (count) => `lost ${count}\n`,
    writeSome: (bytes) => {
      if (room === 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' })
      const taken = bytes.subarray(0, room)
      room -= taken.length
      text += String(Buffer.from(taken))
      return taken.length
    },
  })
  return {
    sink,
    read: () => text,
    makeRoom: (bytes: number) => (room = bytes),
  }
}

test('lines go out while there is room', () => {
  const { sink, read, makeRoom } = reader()
  makeRoom(100)
  assert.equal(sink.write('one\n'), true)
  assert.equal(sink.write('two\nthree\n'), true)
  assert.equal(read(), 'one\ntwo\nthree\n')
})

test('what a slow reader has no room for waits, in order', () => {
  const { sink, read, makeRoom } = reader()
  makeRoom(6)
  assert.equal(sink.write('one\ntwo\n'), false)
  assert.equal(sink.write('three\n'), false)
  assert.equal(read(), 'one\ntw')
  makeRoom(100)
  assert.equal(sink.write('four\n'), true)
  assert.equal(read(), 'one\ntwo\nthree\nfour\n')
})

test('what has no place is lost, counted, and told before the next line', () => {
  const { sink, read, makeRoom } = reader(8)
  sink.write('one\ntwo\nthree\nfour\n')
  sink.write('five\n')
  makeRoom(100)
  assert.equal(sink.write('six\n'), true)
  assert.equal(read(), 'one\ntwo\nlost 3\nsix\n')
})

test('nothing to write says whether lines are taken', () => {
  const { sink, makeRoom } = reader()
  sink.write('one\n')
  assert.equal(sink.write(''), false)
  makeRoom(100)
  assert.equal(sink.write(''), true)
})

test('lines are told to be lost without another one coming', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { sink, read, makeRoom } = reader(0)
  sink.write('one\ntwo\n')
  makeRoom(100)
  t.mock.timers.tick(1_000)
  assert.equal(read(), 'lost 2\n')
})

test('however little room there is, no line is torn or out of order, and each is there or counted', () => {
  const moves = fastCheck.array(
    fastCheck.oneof(
      fastCheck.record({ room: fastCheck.nat(40) }),
      fastCheck.record({
        lines: fastCheck.array(fastCheck.nat(12), { minLength: 1, maxLength: 5 }),
      }),
    ),
    { maxLength: 60 },
  )
  fastCheck.assert(
    fastCheck.property(moves, fastCheck.nat(60), (steps, most) => {
      const { sink, read, makeRoom } = reader(most)
      let number = 0
      for (const step of steps) {
        if ('room' in step) makeRoom(step.room)
        else sink.write(step.lines.map((length) => `${number++}${'x'.repeat(length)}\n`).join(''))
      }
      makeRoom(100_000)
      sink.write('')
      const lines = read().split('\n')
      assert.equal(lines.pop(), '')
      let next = 0
      for (const line of lines) {
        const lost = /^lost (\d+)$/.exec(line)?.[1]
        if (lost === undefined) assert.equal(Number(/^\d+/.exec(line)), next++)
        else next += Number(lost)
      }
      assert.equal(next, number)
    }),
  )
})
