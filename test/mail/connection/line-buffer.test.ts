/** Bytes become the same lines however they are cut into packets, and never more than the limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineBuffer, ReplyTooLong } from '../../../src/mail/connection/line-buffer.ts'

const limits = { lineBytes: 100, bytes: 1_000 }

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** All lines of packets, and what is left. */
function linesOf(packets: readonly Uint8Array[], bounds = limits) {
  const buffer = new LineBuffer(bounds)
  const lines: string[] = []
  for (const packet of packets) {
    buffer.push(packet)
    for (let line = buffer.takeLine(); line !== undefined; line = buffer.takeLine()) {
      lines.push(line)
    }
  }
  return { lines, rest: buffer.takeRest().toString('latin1') }
}

for (const [name, text, lines, rest] of [
  ['CRLF', 'a\r\nb\r\n', ['a', 'b'], ''],
  ['a bare LF', 'a\nb\n', ['a', 'b'], ''],
  ['a bare CR is a character', 'a\rb\r\n', ['a\rb'], ''],
  ['one CR belongs to the end', 'a\r\r\n', ['a\r'], ''],
  ['empty lines', '\r\n\n\r\n', ['', '', ''], ''],
  ['NUL and all bytes', '\0\xff\x80\r\n\0', ['\0\xff\x80'], '\0'],
  ['half a line stays', 'a\r\nb\r', ['a'], 'b\r'],
  ['nothing', '', [], ''],
] as const) {
  test(`lines, in one packet and byte by byte: ${name}`, () => {
    const whole = bytes(text)
    const expected = { lines, rest }
    assert.deepEqual(linesOf([whole]), expected)
    assert.deepEqual(linesOf(Array.from(whole, (byte) => Uint8Array.of(byte))), expected)
  })
}

const text = fc.string({ unit: fc.constantFrom('\r', '\n', 'a', '\0', '\xff'), maxLength: 80 })
const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 10 })

test('any split of any bytes gives the same lines, and nothing is lost', () => {
  fc.assert(
    fc.property(text, cuts, (all, places) => {
      const ends = [...places, all.length].toSorted((a, b) => a - b)
      const packets = ends.map((end, index) => bytes(all.slice(ends[index - 1] ?? 0, end)))
      assert.deepEqual(linesOf(packets), linesOf([bytes(all)]))
    }),
  )
})

test('lines and octets can be taken in turns', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean())), (parts) => {
      const buffer = new LineBuffer({ lineBytes: 1_000, bytes: 10_000 })
      for (const [part, isLine] of parts) {
        const sent = isLine ? part.replaceAll(/[\r\n]/g, '') : part
        buffer.push(bytes(isLine ? `${sent}\r\n` : sent))
        assert.equal(isLine ? buffer.takeLine() : buffer.takeOctets(sent.length), sent)
        assert.equal(buffer.length, 0)
      }
    }),
  )
})

test('what is pushed may be used again', () => {
  const packet = bytes('ab\r\n')
  const buffer = new LineBuffer(limits)
  buffer.push(packet)
  packet.fill(0)
  assert.equal(buffer.takeLine(), 'ab')
})

const tooLong: [name: string, packets: string[]][] = [
  ['a line without end', ['x'.repeat(101)]],
  ['a line without end in small pieces', Array.from({ length: 101 }, () => 'x')],
  ['a long line with an end', [`${'x'.repeat(101)}\r\n`]],
  ['too many lines', ['1234567\r\n'.repeat(112)]],
  ['too many empty lines', ['\n'.repeat(1_001)]],
]

for (const [name, packets] of tooLong) {
  test(`no reply is longer than it may be: ${name}`, () => {
    assert.throws(() => linesOf(packets.map(bytes)), ReplyTooLong)
  })
}

test('each reply may be as long as the limit', () => {
  const buffer = new LineBuffer(limits)
  for (let reply = 0; reply < 5; reply++) {
    buffer.startReply()
    for (let line = 0; line < 10; line++) {
      buffer.push(bytes(`${'x'.repeat(98)}\r\n`))
      assert.equal(buffer.takeLine()?.length, 98)
    }
  }
})

test('no literal is longer than a reply may be, before a byte of it has come', () => {
  const buffer = new LineBuffer(limits)
  assert.throws(() => buffer.takeOctets(1_001), ReplyTooLong)
  assert.equal(buffer.takeOctets(1_000), undefined)
  assert.equal(buffer.takeOctets(0), '')
})

test('64 KiB in pieces of a byte cost no more than the bytes', () => {
  const buffer = new LineBuffer({ lineBytes: 2 ** 17, bytes: 2 ** 18 })
  const before = process.cpuUsage()
  for (let count = 0; count < 2 ** 16; count++) {
    buffer.push(Uint8Array.of(120))
    assert.equal(buffer.takeLine(), undefined)
  }
  assert.ok(process.cpuUsage(before).user < 1_500_000)
})
