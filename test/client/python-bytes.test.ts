import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pythonBytes } from '../../src/client/python-bytes.ts'

test('text is shown as Python shows bytes', () => {
  for (const [text, shown] of [
    ['2.7.0 OK', `b'2.7.0 OK'`],
    ["it's", `b"it's"`],
    [`it's "so"`, String.raw`b'it\'s "so"'`],
    ['a\nb\r\t\\', String.raw`b'a\nb\r\t\\'`],
    ['\u001b[2J\u0000\u00ff', String.raw`b'\x1b[2J\x00\xff'`],
  ] as const) {
    assert.equal(pythonBytes(text), shown)
  }
})
