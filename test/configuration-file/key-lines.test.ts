import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'smol-toml'
import { findKeyLine, type KeyPath } from '../../src/configuration-file/key-lines.ts'

const sample = `# client_id = "no key"
title = "x" # account = 1
[[account]]
user = "a@x"
note = """
[[account]]
user = "no key"
"""
[[account]]
'user' = "b@x"
sasl_user = { SMTP = "c, IMAP = d", IMAP = "e" }
[account.deep]
a.b."c d" = 1
[[account.list]]
[[account.list]]
x = 1
[socket]
accounts = [
  "a = b", # ]
  ["nested"],
  { user = "u" },
]
last = 1
`

const cases: [KeyPath, number][] = [
  [['title'], 2],
  [['account'], 3],
  [['account', 0], 3],
  [['account', 0, 'user'], 4],
  [['account', 0, 'note'], 5],
  [['account', 1], 9],
  [['account', 1, 'user'], 10],
  [['account', 1, 'sasl_user'], 11],
  [['account', 1, 'sasl_user', 'IMAP'], 11],
  [['account', 1, 'deep'], 12],
  [['account', 1, 'deep', 'a'], 13],
  [['account', 1, 'deep', 'a', 'b', 'c d'], 13],
  [['account', 1, 'list', 1, 'x'], 16],
  [['socket', 'accounts', 0], 19],
  [['socket', 'accounts', 1, 0], 20],
  [['socket', 'accounts', 2, 'user'], 21],
  [['socket', 'last'], 23],
]

for (const ending of ['\n', '\r\n']) {
  test(`every key of a file with ${JSON.stringify(ending)} has its line`, () => {
    const toml = sample.replaceAll('\n', ending)
    for (const [path, line] of cases) assert.equal(findKeyLine(toml, path), line, path.join('.'))
  })
}

test('a key that is missing has the line of what it is missing in', () => {
  assert.equal(findKeyLine(sample, ['account', 1, 'client_id']), 9)
  assert.equal(findKeyLine(sample, ['account', 1, 'sasl_user', 'POP']), 11)
  assert.equal(findKeyLine(sample, ['nothing']), 1)
  assert.equal(findKeyLine('', ['account']), 1)
})

/** A value as it is written, an array, or an inline table. */
type Value = string | { elements: Value[] } | { values: Value[] }
type Statement =
  | { comment: string }
  | { header: 'table' | 'array' | 'again' | 'below' }
  | { names: number; value: Value }

const scalars = [
  '1',
  '-1.5e3',
  'true',
  '1979-05-27 07:32:00',
  '""',
  '"a, b = 1 ] } # \\" \\\\"',
  '\'[x] \\ """ = {\'',
  '"""\n[fake]\nkey = 1 \\""" ""\n"""',
  '"""a""""',
  '"""a"""""',
  "'''\n# '' x = [\n'''",
  "''''quoted''''",
]

const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...scalars),
    fc.record({ elements: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }),
  ),
}))

const statements = fc.array(
  fc.oneof(
    fc.record({ comment: fc.constantFrom('', '# x = [', '# \u2028 """', "# '''") }),
    fc.record({ header: fc.constantFrom('table', 'array', 'again', 'below') }),
    fc.record({ names: fc.integer({ min: 1, max: 3 }), value: values }),
  ),
  { maxLength: 12 },
) as fc.Arbitrary<Statement[]>

/** Writes a document and notes where each of its keys went. */
class Writer {
  toml = ''
  readonly entries: [KeyPath, number][] = []
  #names = 0
  #table: KeyPath = []
  #arrays: { written: string; path: KeyPath; count: number } | undefined

  write(statement: Statement): void {
    if ('comment' in statement) this.toml += statement.comment
    else if ('header' in statement) this.#header(statement.header)
    else this.#pair(this.#table, statement.names, statement.value)
    this.toml += '\n'
  }

  #header(kind: 'table' | 'array' | 'again' | 'below'): void {
    const [name, written] = this.#name()
    if (kind === 'table') {
      this.toml += `[ ${written} ] # [`
      this.#enter([name])
    } else if (kind === 'below' && this.#arrays !== undefined) {
      const { path, count, written: array } = this.#arrays
      this.toml += `[${array} . ${written}]`
      this.#enter([...path, count, name])
    } else {
      if (kind !== 'again' || this.#arrays === undefined) {
        this.#arrays = { written, path: [name], count: -1 }
      }
      const { path, count, written: array } = this.#arrays
      this.#arrays.count++
      this.toml += `[[${array}]]`
      this.#enter([...path, count + 1])
    }
  }

  #enter(path: KeyPath): void {
    this.#table = path
    this.#note(path)
  }

  #pair(table: KeyPath, names: number, value: Value): void {
    const parts = Array.from({ length: names }, () => this.#name())
    const path = [...table, ...parts.map(([name]) => name)]
    this.toml += `${parts.map(([, written]) => written).join(' . ')} = `
    this.#note(path)
    this.#value(path, value)
  }

  #value(path: KeyPath, value: Value): void {
    if (typeof value === 'string') this.toml += value
    else if ('elements' in value) this.#array(path, value.elements)
    else this.#inlineTable(path, value.values)
  }

  #array(path: KeyPath, elements: Value[]): void {
    this.toml += '[ # ]\n'
    for (const [index, element] of elements.entries()) {
      this.#note([...path, index])
      this.#value([...path, index], element)
      this.toml += ' ,\n'
    }
    this.toml += ']'
  }

  #inlineTable(path: KeyPath, inner: Value[]): void {
    this.toml += '{'
    for (const [index, value] of inner.entries()) {
      if (index > 0) this.toml += ','
      this.#pair(path, 1 + (index % 2), value)
    }
    this.toml += '}'
  }

  #note(path: KeyPath): void {
    this.entries.push([path, this.toml.split('\n').length])
  }

  /** A new name and one of the ways to write it. */
  #name(): [name: string, written: string] {
    const id = this.#names++
    const ways: [string, string][] = [
      [`k-${id}`, `k-${id}`],
      [`${id}`, `${id}`],
      [`a.b = ${id}`, `"a.b = ${id}"`],
      [`] # ${id}`, `'] # ${id}'`],
      [`é"\t${id}`, `"\\u00e9\\"\\t${id}"`],
    ]
    return ways[id % ways.length] ?? ['', '""']
  }
}

function find(document: unknown, path: KeyPath): unknown {
  return path.reduce((inner, part) => (inner as Record<string | number, unknown>)[part], document)
}

test('the lines are right in whatever TOML can be written', () => {
  fc.assert(
    fc.property(statements, fc.constantFrom('\n', '\r\n'), (document, ending) => {
      const writer = new Writer()
      for (const statement of document) writer.write(statement)
      const toml = writer.toml.replaceAll('\n', ending)
      const parsed = parse(toml)
      for (const [path, line] of writer.entries) {
        assert.notEqual(find(parsed, path), undefined)
        assert.equal(findKeyLine(toml, path), line, `${path.join('.')} in ${toml}`)
      }
    }),
    { numRuns: 500 },
  )
})
