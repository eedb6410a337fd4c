import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PendingAnswer } from '../../src/bridge/pending-answer.ts'

const long = 'x'.repeat(300_000)

/** What the program (a string) and the server (in an array) say, and what comes next of the server. */
const talks: Record<PendingAnswer['awaited'], (string | [string])[][]> = {
  nothing: [
    [],
    [''],
    ['NOOP\r\n', ['250 ok\r\n']],
    [long, ['250 ok\r\n']],
    // What the server waits for will not come.
    ['DATA\r\n', ['354 go on\r\n']],
    ['a1 IDLE\r\n', ['+ idling\r\n']],
    ['a1 idle\r\n', ['+ idling\r\n'], '', ['* 5 EXISTS\r\n']],
    ['a1 APPEND INBOX {5}\r\n', ['+ go on\r\n']],
    // Its answer is there, and is not a question.
    ['DATA\r\n', ['354 go on\r\n'], 'text\r\n.\r\n', ['250 354 + queued\r\n']],
    ['a1 NOOP\r\n', ['+ go on\r\na1 OK\r\n']],
    ['NOOP\r\n', [`354 ${long}\r\n250 ok\r\n`]],
  ],
  answer: [
    ['NOOP\r\n'],
    ['NOOP\n'],
    ['NOOP\r\n', ['250 ok\r\n'], 'DATA\r\n'],
    // None of them is a farewell.
    ['QUIT\r\n', 'NOOP\r\n'],
    ['QUITTE\r\n'],
    ['a1 LOGIN QUIT QUIT\r\n'],
    ['logout\r\n'],
    [`${long}QUIT\r\n`],
    // A message as a whole, whether it comes before the server asks for it or after.
    ['DATA\r\n', ['354 go on\r\n'], `${long}\r\n.\r\n`],
    ['DATA\r\n', ['354 go on\r\n'], 'text\n.', '\n'],
    ['DATA\r\n', ['354-go\r\n354 on\r\n'], '.\r\n'],
    ['MAIL\r\nRCPT\r\nDATA\r\ntext\r\n.\r\n', ['250 ok\r\n250 ok\r\n'], ['354 go on\r\n']],
    ['a1 APPEND INBOX {6}\r\ntext\r\n\r\n', [`* 5 EXISTS${long}\r\n+ go on\r\n`]],
    ['a1 APPEND INBOX {6}\r\n', ['+\r\n'], 'text\r\n\r\n'],
    ['BDAT 6 LAST\r\ntext\r\n'],
  ],
  silence: [
    // Cut off in the middle, or in the middle of a message.
    ['QUIT'],
    [`QUIT\r\n${long}`],
    ['DATA\r\n', ['354 go on\r\n'], 'text\r\n'],
    ['DATA\r\n', ['354 go on\r\n'], `${long}\r\ntext.\r\n`],
    ['a1 APPEND INBOX {6}\r\n', ['+ go on\r\n'], 'te'],
  ],
  end: [
    ['QUIT\r\n'],
    ['quit\n'],
    ['QUIT \r\n', ['250 ok\r\n']],
    ['.\r\nQU', 'IT\r', '\n'],
    [`${long}\r\n.\r\nQUIT\r\n`, ['250 ok\r\n'], ['354 go on\r\n']],
    ['a1 LOGOUT\r\n'],
    ['a1 NOOP\r\nB.2 Logout\r\n', ''],
  ],
}

for (const [awaited, list] of Object.entries(talks)) {
  test(`${awaited} is awaited of the server`, () => {
    for (const talk of list) {
      const pending = new PendingAnswer()
      for (const words of talk) {
        if (typeof words === 'string') pending.ask(Buffer.from(words))
        else pending.answer(Buffer.from(words[0]))
      }
      const shown = talk.map((words) => String(words).slice(-30))
      assert.equal(pending.awaited, awaited, JSON.stringify(shown))
    }
  })
}
