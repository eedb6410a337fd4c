/**
 * Whatever an entry says in its header, and whoever of its recipients has it already: an API sends to those
 * who are left and to nobody else, and a mail server shows nobody who was hidden.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { messageFor } from '../../src/sender/message-for.ts'
import { withoutBcc } from '../../src/sender/without-bcc.ts'
import { fieldsOf, prepare } from '../outbox/submission/prepare.ts'
import { recipientsOf } from '../support/sending-server.ts'
import { readMessage } from '../support/sent-message.ts'

const pool = ['me@example.org', 'b@x.org', 'c.d+e@x.org', 'F@x.org', 'g@x.org']
const some = fc.uniqueArray(fc.constantFrom(...pool), { minLength: 1 })
const body = 'To: nobody@evil.example\r\n\r\nBcc: x@evil.example\r\n'

/** Who gets it from a server that reads the header, strictly. */
function readersOf(message: Buffer): string[] {
  const read = readMessage(message)
  assert.equal(read.defect, undefined)
  const { good, bad } = recipientsOf(read)
  assert.deepEqual(bad, [])
  return good.toSorted()
}

function bodyOf(message: Buffer): string {
  return message.subarray(message.indexOf('\r\n\r\n')).toString('latin1')
}

const names = ['Name', 'Ä ö', 'a, b', 'with "quotes" \\', 'x <y>', '=?utf-8?q?a?=', '(c)', '']
const mailbox = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...pool))
  .map(([name, address]) => (name === '' ? address : `${JSON.stringify(name)} <${address}>`))
const list = fc.array(mailbox, { maxLength: 4 }).map((mailboxes) => mailboxes.join(', '))
const written = fc
  .record({ to: list, cc: list, bcc: list, argv: some })
  .map(({ to, cc, bcc, argv }) => ({
    argv: [...argv],
    message: `To: ${to}\nCc: ${cc}\nBcc: ${bcc}\n\ntext\n`,
  }))

describe('what the outbox stored', () => {
  for (const encoding of ['api', 'smtp'] as const) {
    test(`for ${encoding} goes by an API to those who are left`, () => {
      fc.assert(
        fc.property(written, fc.nat(), (handed, done) => {
          const { message, recipients } = prepare({ ...handed, rules: { encoding } })
          const left = recipients.slice(done % recipients.length)
          const sent = messageFor(left, message)
          assert.deepEqual(readersOf(sent), left.toSorted())
          assert.equal(bodyOf(sent), bodyOf(message))
          const isAsStored = left.length === recipients.length && encoding === 'api'
          if (isAsStored) assert.equal(sent, message)
        }),
        { numRuns: 1_000 },
      )
    })

    test(`for ${encoding} shows a mail server no Bcc, and is otherwise as it was`, () => {
      fc.assert(
        fc.property(written, (handed) => {
          const { message } = prepare({ ...handed, rules: { encoding } })
          const { bcc, ...others } = fieldsOf({ message } as ReturnType<typeof prepare>)
          const sent = withoutBcc(message)
          assert.deepEqual(fieldsOf({ message: sent } as ReturnType<typeof prepare>), others)
          assert.equal(bodyOf(sent), bodyOf(message))
          if (bcc === undefined) assert.equal(sent, message)
        }),
        { numRuns: 500 },
      )
    })
  }
})

const pieces = [
  ...pool,
  ...'"\\<>,;:()@[] \t=?x'.split(''),
  '<me@example.org>',
  '@evil.example',
  ',\r\n ',
]
const value = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''))
const fieldNames = ['To', 'TO', 'Cc', 'cc', 'Bcc', 'BCC', 'Resent-Bcc', 'X-Note', 'Content-Type']

test('a header of any form names exactly those who are left, and to a mail server nobody', () => {
  const field = fc
    .tuple(fc.constantFrom(...fieldNames), value)
    .map(([name, text]) => `${name}: ${text}`)
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), some, (fields, left) => {
      const once = new Set(['Content-Type'])
      const kept = fields.filter((text) => {
        const [name = ''] = text.split(':')
        return name !== 'Content-Type' || once.delete(name)
      })
      const message = Buffer.from(`${[...kept, 'X: y'].join('\r\n')}\r\n\r\n${body}`)
      const sent = messageFor(left, message)
      assert.deepEqual(readersOf(sent), left.toSorted())
      assert.equal(bodyOf(sent), `\r\n\r\n${body}`)
      const shown = readMessage(withoutBcc(message)).fields.map(({ name }) => name)
      assert.ok(!shown.includes('bcc') && !shown.includes('resent-bcc'))
    }),
    { numRuns: 2_000 },
  )
})

test('what is shown of recipients that are done is not an address that a server sends to', () => {
  const { message } = prepare({ argv: ['-t'], message: 'To: B <b@x.org>, root\nCc: c@x.org\n\n' })
  const fields = fieldsOf({ message: messageFor(['b@x.org'], message) } as ReturnType<
    typeof prepare
  >)
  assert.equal(fields['to'], 'B <b@x.org>')
  assert.equal(fields['x-original-to'], 'B <b@x.org>, root <me@example.org>')
  assert.equal(fields['x-original-cc'], 'c@x.org')
  assert.equal(fields['cc'], undefined)
})
