import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PendingAnswer } from '../../src/bridge/pending-answer.ts'

const long = 'x'.repeat(300_000)

/** What the program (a string) and the server (null) say, and what comes next of the server. */
const talks: Record<PendingAnswer['awaited'], (string | null)[][]> = {
  nothing: [[], [''], ['NOOP\r\n', null], ['a1 IDLE\r\n', null, ''], [long, null]],
  answer: [
    ['NOOP\r\n'],
    ['NOOP\r\n', null, 'DATA\r\n'],
    // None of them is a farewell, or has come as a whole.
    ['QUIT'],
    ['QUIT\r\n', 'NOOP\r\n'],
    ['QUITTE\r\n'],
    ['a1 LOGIN QUIT QUIT\r\n'],
    ['logout\r\n'],
    [`${long}QUIT\r\n`],
    [`QUIT\r\n${long}`],
  ],
  end: [
    ['QUIT\r\n'],
    ['quit\n'],
    ['QUIT \r\n', null],
    ['.\r\nQU', 'IT\r', '\n'],
    [`${long}\r\n.\r\nQUIT\r\n`, null, null],
    ['a1 LOGOUT\r\n'],
    ['a1 NOOP\r\nB.2 Logout\r\n', ''],
  ],
}

for (const [awaited, list] of Object.entries(talks)) {
  test(`${awaited} is awaited of the server`, () => {
    for (const talk of list) {
      const pending = new PendingAnswer()
      for (const words of talk) {
        if (words === null) pending.answer()
        else pending.ask(Buffer.from(words))
      }
      const shown = talk.map((words) => words?.slice(-20) ?? words)
      assert.equal(pending.awaited, awaited, JSON.stringify(shown))
    }
  })
}
