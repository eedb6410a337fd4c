import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SmtpLineEnds } from '../../src/sendmail/smtp-line-ends.ts'

const rows: [string, string, string][] = [
  ['LF', 'EHLO c\nDATA\n.\n', 'EHLO c\r\nDATA\r\n.\r\n'],
  ['LF, and CRLF in the message', 'DATA\na\r\nb\r\n.\n', 'DATA\r\na\r\nb\r\n.\r\n'],
  ['CRLF', 'EHLO c\r\nDATA\r\n.\r\n', 'EHLO c\r\nDATA\r\n.\r\n'],
  ['CRLF, and a bare LF before a dot', 'DATA\r\na\n.\nb\r\n', 'DATA\r\na\n.\nb\r\n'],
  ['an empty first line', '\nNOOP\n', '\r\nNOOP\r\n'],
  ['a CR alone', 'a\rb\nc\r', 'a\rb\r\nc\r'],
  ['no line end', 'QUIT', 'QUIT'],
  ['nothing', '', ''],
]

for (const [name, said, expected] of rows) {
  test(`lines with ${name} are those of SMTP, in whatever pieces they come`, () => {
    const bytes = Buffer.from(said)
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const lineEnds = new SmtpLineEnds()
        const pieces = [
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        ]
        const translated = pieces.map((piece) => lineEnds.translate(piece))
        assert.equal(Buffer.concat(translated).toString(), expected)
      }
    }
  })
}
