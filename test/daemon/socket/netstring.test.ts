import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { netstring, readNetstring } from '../../../src/daemon/socket/netstring.ts'

const most = 512

test('what was written is read, and what follows stays', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 100, unit: 'binary' }), fc.string(), (text, more) => {
      const read = readNetstring(Buffer.concat([netstring(text), Buffer.from(more)]), most)
      assert.ok(typeof read === 'object')
      assert.equal(read.content.toString(), Buffer.from(text).toString())
      assert.equal(read.rest.toString(), more)
    }),
  )
})

test('every beginning of one is unfinished', () => {
  for (const text of ['', 'a', 'x'.repeat(most)]) {
    const whole = netstring(text)
    for (let length = 0; length < whole.length; length++) {
      assert.equal(readNetstring(whole.subarray(0, length), most), 'unfinished', `${length}`)
    }
  }
})

for (const bytes of [
  ':',
  ':a,',
  'a',
  '-1:a,',
  '+1:a,',
  ' 1:a,',
  '1 :a,',
  '01:a,',
  '00',
  '1:ab',
  '1:a;',
  '0:a',
  '0x1:a,',
  '1e1:',
  `${most + 1}:`,
  '9999',
  '99999999999999999999',
  'SMTP user@example.com\n',
  'GET / HTTP/1.1\r\n',
]) {
  test(`${JSON.stringify(bytes)} is refused, whatever follows`, () => {
    assert.equal(readNetstring(Buffer.from(bytes), most), 'malformed')
  })
}

test('no bytes break it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const read = readNetstring(Buffer.from(bytes), most)
      if (typeof read === 'object') assert.ok(read.content.length <= most)
    }),
  )
})
