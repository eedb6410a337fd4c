/** What a server may take for each answer: who checks every recipient and every message is slow, and right. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SmtpReply } from '../../src/mail/smtp-session.ts'
import { Progress } from '../../src/sender/progress.ts'
import { SmtpTransaction } from '../../src/sender/smtp-transaction.ts'
import { readEntry } from '../../src/sender/spool-entry.ts'
import { createSpool } from '../support/spool.ts'
import { account, me, messageTo, tokens, you } from './delivery-world.ts'

const minuteMs = 60_000

test('each command has the time that RFC 5321 section 4.5.3.2 gives it, however many there are', async (t) => {
  const spool = createSpool()
  t.after(() => spool.remove())
  const id = spool.put({ rcpt: [me, you], message: messageTo([`To: <${me}>`]) })
  const entry = readEntry(spool.directory, id)
  assert.ok(entry !== undefined)
  const asked: [what: string, limitMs: number | undefined][] = []
  const answer = (what: string, limitMs: number | undefined): Promise<SmtpReply> => {
    asked.push([what, limitMs])
    return Promise.resolve({ code: what === 'DATA' ? '354' : '250', lines: ['OK'] })
  }
  const session = {
    capabilities: [],
    command: answer,
    sendMessage: (_: Buffer, limitMs: number) => answer('the message', limitMs),
    refusalOf: () => assert.fail('nothing is refused'),
  }
  const delivery = {
    job: 1,
    spool: spool.directory,
    id,
    route: { via: 'smtp', server: 'smtp.test' },
    account,
    user: account,
    isAppOnly: false,
    accessToken: tokens.outlook,
  } as const
  const transaction = new SmtpTransaction(session, delivery, new Progress(spool.directory, entry))
  assert.deepEqual(await transaction.run(), { kind: 'delivered', refused: [] })
  const [last, limitMs = 0] = asked.pop() ?? []
  assert.deepEqual(asked, [
    [`MAIL FROM:<${account}>`, 5 * minuteMs],
    [`RCPT TO:<${me}>`, 5 * minuteMs],
    [`RCPT TO:<${you}>`, 5 * minuteMs],
    ['DATA', 2 * minuteMs],
  ])
  assert.ok(last === 'the message' && limitMs >= 10 * minuteMs)
})
