import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { parseOptions } from '../../src/command-line/parse-options.ts'
import { isCmsOauthError } from '../../src/errors.ts'

const table = {
  user: { type: 'string', value: 'ADDRESS', help: '' },
  'cms-sock': { type: 'string', value: 'PATH', help: '' },
  account: { type: 'string', value: 'ADDRESS', isRepeatable: true, help: '' },
  newline: { type: 'boolean', isNegated: true, help: '' },
  json: { type: 'boolean', help: '' },
  help: { type: 'boolean', short: 'h', help: '' },
} as const

const pieces = fc.constantFrom(
  '-',
  '--',
  '=',
  '_',
  'h',
  'x',
  'a@b',
  'user',
  'cms-sock',
  'cms_sock',
  'no-newline',
  'json',
)
/** Node reads the last dash of `-h-` as the end of the options, but not that of `-h-x`; here it is not a letter. */
const hasStrangeDash = (argument: string) => /^-[^-].*-/.test(argument)
const argument = fc
  .oneof(
    fc.constantFrom('--', '-', '-h', '--user', '--json', '--account=a', '--account', 'login', ''),
    fc.array(pieces, { maxLength: 4 }).map((all) => all.join('')),
  )
  .filter((argument) => !hasStrangeDash(argument))

test('a command line is read as node:util reads it', () => {
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 6 }), (argv) => {
      assert.deepEqual(ours(argv), theirs(argv))
    }),
    { numRuns: 2_000 },
  )
})

function ours(argv: string[]): unknown {
  try {
    return parseOptions(argv, { table, program: 'x' })
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return 'refused'
  }
}

/** With what is added to it: `_` in names, negated and repeatable options. */
function theirs(argv: string[]): unknown {
  const end = argv.indexOf('--')
  const args = argv.map((each, index) =>
    end !== -1 && index >= end
      ? each
      : each.replace(/^--.[^=]*/, (name) => name.replaceAll('_', '-')),
  )
  try {
    const { values, positionals } = parseArgs({
      args,
      options: {
        user: { type: 'string' },
        'cms-sock': { type: 'string' },
        account: { type: 'string', multiple: true },
        'no-newline': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    const { account, 'no-newline': isNegated, ...rest } = values
    return {
      words: positionals,
      options: {
        ...rest,
        ...(account === undefined ? {} : { account: account.join(',') }),
        ...(isNegated === undefined ? {} : { newline: false }),
      },
    }
  } catch {
    return 'refused'
  }
}
