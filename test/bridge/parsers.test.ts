/** What comes is read the same however it was cut, and nothing over a limit is kept. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ClientLines, UnusableLineError } from '../../src/bridge/client-lines.ts'
import type { Dialogue } from '../../src/bridge/gate.ts'
import { CommandReader, type CommandStep } from '../../src/bridge/imap/command-reader.ts'
import { ImapDialogue } from '../../src/bridge/imap/imap-dialogue.ts'
import { PopDialogue } from '../../src/bridge/pop/pop-dialogue.ts'
import { SmtpDialogue } from '../../src/bridge/smtp/smtp-dialogue.ts'
import type { Protocol } from '../../src/sasl/output-format.ts'
import { base64, FakeGate, plain } from './fake-gate.ts'
import { converseInPieces, overhear } from './three-ways.ts'

const literal = (text: string, plus = '') => [`{${text.length}${plus}}`, text]
const user = 'user@example.com'
const password = 'right'
const responses = [
  '*',
  '',
  '=',
  'AA',
  plain(),
  plain(user, 'wrong'),
  base64(user),
  base64(password),
]

/** Commands of each protocol, each one or more lines; octets where a literal is due. */
const commands: Record<Protocol, string[][]> = { SMTP: [], IMAP: [], POP: [] }
const listed: Record<Protocol, string[]> = {
  SMTP: 'EHLO c|HELO c|NOOP|RSET|MAIL FROM:<a@b.c>|RCPT TO:<a@b.c>|DATA|BDAT 1|QUIT|STARTTLS| |AUTH LOGIN|AUTH PLAIN|AUTH X'.split(
    '|',
  ),
  IMAP: 'a CAPABILITY|a NOOP|a ID NIL|a LOGOUT|a SELECT x|a|a STARTTLS|a AUTHENTICATE PLAIN|a AUTHENTICATE LOGIN|a LOGIN user@example.com right|a LOGIN "user@example.com" "wrong"'.split(
    '|',
  ),
  POP: `CAPA|NOOP|STLS|AUTH|AUTH PLAIN|AUTH LOGIN|USER ${user}|USER nobody|PASS wrong|PASS right|QUIT|RETR 1`.split(
    '|',
  ),
}
for (const protocol of ['SMTP', 'IMAP', 'POP'] as const) {
  const lines = [...listed[protocol], ...responses]
  commands[protocol] = lines.map((line) => [line])
}
commands.SMTP.push([`AUTH PLAIN ${plain()}`])
commands.IMAP.push([`a AUTHENTICATE PLAIN ${plain()}`])
commands.POP.push([`AUTH PLAIN ${plain()}`])
for (const plus of ['', '+']) {
  for (const shown of [password, 'wrong']) {
    const [[start, name], [then, secret]] = [literal(user, plus), literal(shown, plus)]
    commands.IMAP.push([`a LOGIN ${start}`, `${name}`, ` ${then}`, `${secret}`, ''])
  }
}

/** Cuts bytes at these places, in thousandths of their length. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = places.map((place) => Math.floor((place * bytes.length) / 1_000))
  const ends = [...at.toSorted((a, b) => a - b), bytes.length]
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

const dialogues: Record<Protocol, () => Dialogue> = {
  SMTP: () => new SmtpDialogue({ gate: new FakeGate(), hostname: 'here' }),
  IMAP: () => new ImapDialogue(new FakeGate()),
  POP: () => new PopDialogue(new FakeGate()),
}

for (const protocol of ['SMTP', 'IMAP', 'POP'] as const) {
  const create = dialogues[protocol]
  test(`${protocol} gives the same answers to any commands, however their bytes are cut`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...commands[protocol]), { maxLength: 8 }),
        fc.array(fc.nat(999), { maxLength: 20 }),
        async (chosen, places) => {
          const { said, sent } = await overhear(create(), chosen.flat())
          const pieces = cut(Buffer.from(sent, 'latin1'), places)
          assert.deepEqual(await converseInPieces(create(), pieces), said)
        },
      ),
      { numRuns: 200 },
    )
  })
}

test('any bytes become the same lines, however they are cut', async () => {
  const limits = { bytesOf: () => 20, waitMs: 60_000 }
  const read = async (pieces: readonly Uint8Array[]) => {
    const program = new PassThrough()
    const lines = new ClientLines(program as unknown as Socket)
    for (const piece of pieces) program.write(piece)
    program.end()
    const taken: string[] = []
    for (;;) {
      try {
        taken.push(await lines.read(limits))
      } catch (error) {
        return [...taken, (error as Error).constructor.name]
      }
    }
  }
  const anyByte = fc.oneof(fc.constantFrom(0x0d, 0x0a, 0x61, 0x00, 0x16), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyByte, { maxLength: 80 }),
      fc.array(fc.nat(999), { maxLength: 10 }),
      async (numbers, places) => {
        const bytes = Buffer.from(numbers)
        assert.deepEqual(await read(cut(bytes, places)), await read([bytes]))
      },
    ),
  )
})

test('of a line that never ends no more is taken than its limit and what was under way', async () => {
  for (const limit of [2_048, 12_288]) {
    let taken = 0
    const endless = new Readable({
      read() {
        taken += 1_024
        this.push(Buffer.alloc(1_024, 'x'))
      },
    })
    const lines = new ClientLines(endless as unknown as Socket)
    await assert.rejects(lines.read({ bytesOf: () => limit, waitMs: 60_000 }), UnusableLineError)
    assert.ok(taken <= limit + 2 * endless.readableHighWaterMark, `${taken} of ${limit}`)
    endless.destroy()
  }
})

test('no command is kept that is longer than its limit, whatever its literals say', () => {
  const anySize = fc.oneof(fc.nat(5_000), fc.nat(9_999_999_999))
  const anyPart = fc.record({
    text: fc.string({ maxLength: 200 }),
    size: anySize,
    plus: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(anyPart, { minLength: 1, maxLength: 12 }), (parts) => {
      const reader = new CommandReader()
      let due = 0
      for (const { text, size, plus } of parts) {
        const line = `${text.replaceAll(/[\r\n]/g, '')}{${size}${plus ? '+' : ''}}`
        const step: CommandStep = reader.takeLine(line, () => true)
        if (!('octets' in step)) return assert.equal(reader.isInLiteral, false)
        due += line.length + 2 + step.octets
        assert.ok(step.octets <= 4_096 && due <= 12_288 + 2 * parts.length, `${due}`)
        reader.takeOctets('x'.repeat(step.octets))
      }
    }),
  )
})
