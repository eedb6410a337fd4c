/** Whoever may write to the outbox may write anything: it takes time in proportion, and says yes or no. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCmsOauthError } from '../../../src/errors.ts'
import { type Handed, prepare } from './prepare.ts'

const size = 256 * 1024
/** Of the processor, not of the clock: other work on the machine does not count. */
const limitMs = 3_000

const pieces = [
  ...'"\\<>,;:()@[] \t\n\r\0=?-.xé'.split(''),
  'a@x.org,',
  'root,',
  'a,',
  '(a',
  ')a',
  '"a" ',
  '\\"',
  '<a',
  '<a@x.org> ',
  '=?utf-8?q?',
  '=?utf-8?q?a?= ',
  '?=',
  'g:',
  'g:;',
  'a@',
  '@a',
  '\n ',
  '\n\t\n ',
  '\r\n',
  '\r\n ',
  '\nTo: a',
  '\nTo:',
  '\n\n',
  '\nX: y',
  '\n--b',
  '\n--b\n',
  '\n--b--',
  '--b',
  '=\n',
  'From ',
  '\u2028',
  '@[',
  '[a]',
]

function timeOf(handed: Handed): number {
  const before = process.cpuUsage()
  try {
    prepare(handed)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const places: [string, (filler: string) => Handed][] = [
  ['the whole', (filler) => ({ message: filler })],
  ['To', (filler) => ({ argv: ['-t'], message: `To: ${filler}\n\ntext\n` })],
  ['To without -t', (filler) => ({ message: `To: ${filler}\n\ntext\n` })],
  ['From', (filler) => ({ message: `From: ${filler}\n\ntext\n` })],
  ['Subject', (filler) => ({ message: `Subject: ${filler}\n\ntext\n` })],
  ['Message-ID', (filler) => ({ message: `Message-ID: <${filler}\nDate: ${filler}\n\ntext\n` })],
  ['Reply-To', (filler) => ({ message: `To: root\nReply-To: ${filler}\n\ntext\n` })],
  [
    'Content-Type',
    (filler) => ({ message: `Content-Type: multipart/mixed; boundary=${filler}\n\ntext\n` }),
  ],
  [
    'parts',
    (filler) => ({ message: `Content-Type: multipart/mixed; boundary=b\n\n--b\n${filler}\n` }),
  ],
  ['an argument', (filler) => ({ argv: ['--', filler] })],
  ['-f', (filler) => ({ argv: ['-f', filler, '-F', filler, 'root'] })],
]

for (const [place, handed] of places) {
  test(`256 KiB of anything in ${place} stops nobody`, () => {
    for (const piece of pieces) {
      const ms = timeOf(handed(piece.repeat(Math.ceil(size / piece.length))))
      assert.ok(ms < limitMs, `${JSON.stringify(piece)} took ${ms} ms`)
    }
  })
}

test('parts in parts do not multiply the work', () => {
  const depth = 2_000
  const open = Array.from(
    { length: depth },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`,
  )
  const ms = timeOf({ message: `${open.join('')}\n${'ü\n'.repeat(100_000)}` })
  assert.ok(ms < limitMs, `${ms} ms`)
})

test('20,000 addresses in To cost no more than their length', () => {
  const list = Array.from({ length: 20_000 }, (_, n) => `"Name ${n}" <u${n}@x.org>`).join(', ')
  for (const handed of [
    { message: `To: ${list}\n\n` },
    { argv: ['-t'], message: `To: ${list}\n\n` },
  ]) {
    const ms = timeOf(handed)
    assert.ok(ms < limitMs, `${ms} ms`)
  }
})
