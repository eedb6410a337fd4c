/** What a script gives whose variable has no value: no request is made of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandTable } from '../../src/client/command-table.ts'
import { optionTable, parseCommandLine } from '../../src/client/options.ts'
import { UsageError } from '../../src/errors.ts'
import { assertSentence } from '../support/golden.ts'

function refusalOf(argv: readonly string[]): UsageError {
  try {
    parseCommandLine(argv)
  } catch (error) {
    assert.ok(error instanceof UsageError)
    return error
  }
  assert.fail(`${JSON.stringify(argv)} was read`)
}

const lines = [
  ...Object.keys(commandTable).map((command) => [command, '']),
  ...['add-password', 'remove-password'].map((action) => ['bridge', action, '']),
  ...['show', 'retry', 'delete'].map((action) => ['outbox', action, '']),
  ...Object.entries(optionTable).flatMap(([name, { type }]) =>
    type === 'string' ? [[`--${name}=`], [`--${name}`, '']] : [],
  ),
]

for (const argv of lines) {
  test(`${argv.map((word) => JSON.stringify(word)).join(' ')} names what is empty`, () => {
    const [before = ''] = argv.slice(argv.length === 1 ? 0 : -2)
    const { message, hint } = refusalOf(argv)
    assertSentence(message, 'a word is empty', { before: before.replace('=', '') })
    assertSentence(hint, 'a word is empty: the next step')
  })
}

test('the first word may be the empty one', () => {
  assertSentence(refusalOf(['', 'SMTP']).message, 'the first word is empty')
})
