/** What is larger than the outbox takes: cut where that makes sense, else refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Handed, prepare, refusalOf } from './prepare.ts'
import { readMails } from './python-mail.ts'

const cuts = { maxSize: 5_000, tooLarge: 'cut' } as const

test('a text that is too large is cut, and says how much is missing', () => {
  for (const [size, text] of [
    [20_000, 'line\n'],
    [2_000_000_000, 'line\n'],
    [9_000, 'ü'],
    [9_000, 'x'],
  ] as const) {
    const message = Buffer.from(`Subject: s\n\n${text.repeat(6_000)}`).subarray(0, 6_000)
    const { bodies } = readMails([prepare({ message, size, rules: cuts }).message])[0] ?? {}
    const [body = ''] = bodies ?? []
    const missing = Number(/\[(\d+) bytes were left out here/.exec(body)?.[1])
    const kept = Buffer.byteLength(
      body.slice(0, body.lastIndexOf('[')).replaceAll('\r\n', '\n'),
      'latin1',
    )
    assert.ok(
      Math.abs(missing + kept + 12 - size) <= 2_000,
      `${text}: ${missing} + ${kept} of ${size}`,
    )
    assert.ok(kept > 800, `${text}: ${kept}`)
  }
})

test('what quoted-printable makes too large is cut too', () => {
  const { message } = prepare({ message: `Subject: s\n\n${'ü'.repeat(2_000)}\n`, rules: cuts })
  assert.ok(message.length < 6_000, `${message.length}`)
})

test('what cannot be cut is refused', () => {
  const big = 'x\n'.repeat(4_000)
  const refused: [string, Handed, string][] = [
    [
      'refuse',
      { message: `Subject: s\n\n${big}`, rules: { maxSize: 5_000, tooLarge: 'refuse' } },
      'message_too_large',
    ],
    [
      'base64',
      {
        message: `Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${big}`,
        rules: cuts,
      },
      'message_too_large',
    ],
    ['HTML', { message: `Content-Type: text/html\n\n${big}`, rules: cuts }, 'message_too_large'],
    [
      'parts',
      {
        message: `Content-Type: multipart/mixed; boundary=b\n\n--b\n\n${big}\n--b--\n`,
        rules: cuts,
      },
      'message_too_large',
    ],
    [
      'small enough',
      { message: 'Subject: s\n\nx\n', rules: { maxSize: 5_000, tooLarge: 'refuse' } },
      'accepted',
    ],
  ]
  for (const [what, handed, code] of refused) assert.equal(refusalOf(handed), code, what)
})
