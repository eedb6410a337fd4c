/** Where a message ends, and what of it is kept, however its bytes come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { IncomingMessage } from '../../../src/outbox/dialogue/incoming-message.ts'

const much = 1_000_000

/** What comes of bytes in pieces: the message, and what is behind its end. */
function take(pieces: readonly string[], limit = much) {
  const message = new IncomingMessage(limit)
  let rest = ''
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    if (message.isComplete) rest += piece
    else rest += message.take(bytes).toString('latin1')
  }
  const { isComplete, size } = message
  return { isComplete, size, text: message.bytes.toString('latin1'), rest }
}

/** The same by the words of RFC 5321 section 4.5.2, in one go. */
function byTheBook(bytes: string) {
  const whole = `\r\n${bytes}`
  const end = whole.indexOf('\r\n.\r\n')
  if (end === -1) return undefined
  const text = whole
    .slice(0, end + 2)
    .replaceAll('\r\n.', '\r\n')
    .slice(2)
  return { isComplete: true, size: text.length, text, rest: whole.slice(end + 5) }
}

const bytes = fc
  .array(fc.constantFrom('\r\n', '\r\n.', '\r', '\n', '.', 'a', '\0', '..', '\r\n.\r\n'), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''))
const cuts = fc.array(fc.nat(60), { maxLength: 6 })

function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), text.length]
  return sorted.slice(1).map((place, index) => text.slice(sorted[index], place))
}

test('any bytes end where the standard says, in any pieces', () => {
  fc.assert(
    fc.property(bytes, cuts, (text, places) => {
      const taken = take(cut(text, places))
      const wanted = byTheBook(text)
      if (wanted === undefined) assert.equal(taken.isComplete, false)
      else assert.deepEqual(taken, wanted)
    }),
    { numRuns: 2_000 },
  )
})

test('whatever is sent as the standard says comes out as it was', () => {
  fc.assert(
    fc.property(bytes, cuts, (text, places) => {
      const stuffed = `\r\n${text}`.replaceAll('\r\n.', '\r\n..').slice(2)
      const sent = `${stuffed}\r\n.\r\nQUIT`
      assert.deepEqual(take(cut(sent, places)), {
        isComplete: true,
        size: text.length + 2,
        text: `${text}\r\n`,
        rest: 'QUIT',
      })
    }),
    { numRuns: 2_000 },
  )
})

/** What some server or other has taken for the end of a message (SMTP smuggling). */
const almost = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r.\n',
  '\n.\r',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\r\n\0.\0\r\n',
  '\r\n \t.\r\n',
  '\r\n.\r\r\n',
  '\r\n.\n\r\n',
  '\n\r.\r\n',
  '\r\n.\x0b\r\n',
]

for (const end of almost) {
  test(`${JSON.stringify(end)} ends no message`, () => {
    const { isComplete, text } = take([`a${end}MAIL FROM:<x@y.org>`])
    assert.equal(isComplete, false)
    assert.match(text, /MAIL FROM:<x@y\.org>$/)
  })
}

test('an empty message, and one of dots', () => {
  assert.equal(take(['.\r\n']).text, '')
  assert.equal(take(['..\r\n...\r\n.\r\n']).text, '.\r\n..\r\n')
})

test('no more than the limit is kept, and all is counted', () => {
  assert.deepEqual(take(['0123', '4567', '89\r\n.\r\nRSET'], 6), {
    isComplete: true,
    size: 12,
    text: '012345',
    rest: 'RSET',
  })
})

test('20 MB need no time, whatever they are', () => {
  const startedAt = performance.now()
  for (const line of ['a'.repeat(998), '', '.', '\r', '\n.']) {
    const message = new IncomingMessage(100)
    const piece = Buffer.from(`${line}\r\n`.repeat(Math.floor(65_536 / (line.length + 2))))
    for (let sent = 0; sent < 20_000_000 && !message.isComplete; sent += piece.length) {
      message.take(line === '.' ? Buffer.from(`.${piece.toString('latin1')}`) : piece)
    }
  }
  assert.ok(performance.now() - startedAt < 10_000, `${performance.now() - startedAt} ms`)
})
