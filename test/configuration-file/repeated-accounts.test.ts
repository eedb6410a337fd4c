/** Repetitions that are left out of a text and put back: nobody may see a difference. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'smol-toml'
import { foldRepetitions, unfold } from '../../src/configuration-file/repeated-accounts.ts'
import { loadText } from './load-text.ts'

function entry(user: string, others = 'provider = "office365"\nclient_id = "c"\n'): string {
  return `[[account]]\nuser = "${user}"\n${others}`
}

type Document = { account?: { user: string }[] }

/** What the shorter text says with its repetitions; undefined: it is not used. */
function readFolded(text: string): Document | undefined {
  const folded = foldRepetitions(text)
  if (folded === undefined) return undefined
  try {
    const document: Document = parse(folded.text)
    const entries = Array.isArray(document.account) ? document.account : []
    const account = unfold(entries, folded)
    return account && { ...document, account }
  } catch {
    return undefined
  }
}

test('what is repeated for many is read once, in the order of the file', () => {
  const users = Array.from({ length: 300 }, (_, index) => `u${index}@x`)
  const other = entry('other@x', 'provider = "gmail"\nclient_id = "g"\nclient_secret = "s"\n')
  const text = `${users
    .slice(0, 100)
    .map((user) => entry(user))
    .join('')}${other}[log]\nlevel = "warn"\n${users
    .slice(100)
    .map((user) => entry(user))
    .join('')}`
  const folded = foldRepetitions(text) ?? assert.fail('nothing was left out')
  // The first of each row stays, and so does what is different.
  assert.deepEqual([folded.users.length, folded.repetitions.length], [3, 298])
  const { accounts, log } = loadText(text)
  assert.deepEqual(
    accounts.map(({ user }) => user),
    [...users.slice(0, 100), 'other@x', ...users.slice(100)],
  )
  assert.deepEqual(
    accounts.map(({ clientId }) => clientId),
    [...Array<string>(100).fill('c'), 'g', ...Array<string>(200).fill('c')],
  )
  assert.equal(log.level, 'warn')
})

test('a mistake in one of many is refused with its line', () => {
  const good = [entry('a@x'), entry('b@x'), entry('c@x')].join('')
  for (const user of ['d', 'b@x']) {
    const message = /^FILE:14: key "user": /
    assert.throws(() => loadText(good + entry(user)), { code: 'config_invalid', message })
  }
})

test('whatever stands around repetitions, the text says the same without them', () => {
  const entries = [
    entry('a@x'),
    entry('b@x'),
    entry('c@x', 'scopes = ["x", "y"]\n'),
    entry('d@x', 'scopes = ["x", "y"]\n'),
    entry('e@x', '\n# a comment\nprovider = "gmail" # another\n'),
    entry('e@x', 'user = "f@x"\n'),
    entry('g\\\\@x'),
  ]
  const others = [
    '[account.sasl_user]\nSMTP = "s@x"\n',
    '[[ account ]]\nuser = "h@x"\n',
    '[["account"]]\nuser = "i@x"\n',
    '[[account]] # with a comment\nuser = "j@x"\n',
    '[account]\n',
    '[[accounts]]\n',
    '[log]\nlevel = "info"\n',
    'account = []\n',
    'scopes = [\n',
    '  "x",\n]\n',
    ']\n',
    'note = """\n',
    "note = '''\n",
    '"""\n',
    "'''\n",
    'note = "',
    '\r\n',
    '# [[account]]\n',
    '\ufeff',
  ]
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...entries) },
    { weight: 2, arbitrary: fc.constantFrom(...others) },
  )
  // A sign that no header begins with, and a header that only begins as one: the number is right by chance.
  const evened = ['\ufeff', entries[0], entries[3], entries[2], entries[0], '[[accounts]]\n']
  let used = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
      const text = parts.join('')
      const read = readFolded(text)
      if (read === undefined) return
      used++
      // Of tables and dates, what they hold is compared.
      assert.equal(JSON.stringify(read), JSON.stringify(parse(text)))
    }),
    { numRuns: 3_000, examples: [[evened.map(String)]] },
  )
  assert.ok(used > 100, `only ${used} texts were read without their repetitions`)
})
