/**
 * Wording can change without touching a test: what people read is compared with the golden file of the
 * room (support/golden.ts). So no assertion holds three words in a row that a string of src has too, as a
 * string or as a pattern. It may repeat what its own file gave the program to say.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { parseSync } from 'oxc-parser'

const root = join(import.meta.dirname, '..', '..')
/** Other programs speak here too, in their words, or ours are the subject. */
const otherRooms = ['architecture', 'bench', 'clients', 'demo', 'documents', 'soak', 'support']
const golden = /^(?:assert(?:Advice|Error|Finding|Refused|Result|Sentence)|expectedError)$/
/** What waits for a text, or cuts one out, compares nothing. */
const waiting = /\.(?:exec|logged|replace|replaceAll|screen|shown)$/

interface Node {
  type: string
  start: number
  end: number
}

interface Literal {
  text: string
  line: number
  isPattern: boolean
  /** The calls that it is an argument of, from the outside; -1: it is what is called. */
  calls: { name: string; index: number }[]
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function* literalsOf(path: string): Generator<Literal> {
  const source = readFileSync(path, 'utf8')
  yield* visit(parseSync(path, source).program, [])

  function* visit(node: unknown, calls: Literal['calls']): Generator<Literal> {
    if (Array.isArray(node)) for (const each of node) yield* visit(each, calls)
    if (!isNode(node)) return
    const text = textOf(node)
    const line = source.slice(0, node.start).split('\n').length
    if (text !== undefined) yield { text, line, isPattern: 'regex' in node, calls }
    if (node.type === 'CallExpression' && 'callee' in node && 'arguments' in node) {
      const { start, end } = node.callee as Node
      const name = source.slice(start, end)
      yield* visit(node.callee, [...calls, { name, index: -1 }])
      for (const [index, each] of (node.arguments as Node[]).entries()) {
        yield* visit(each, [...calls, { name, index }])
      }
    } else for (const child of Object.values(node)) yield* visit(child, calls)
  }
}

function textOf(node: Node): string | undefined {
  const { value, regex } = node as { value?: unknown; regex?: { pattern: string } | null }
  if (node.type === 'TemplateElement') return (value as { raw: string }).raw
  if (node.type !== 'Literal') return undefined
  return regex?.pattern ?? (typeof value === 'string' ? value : undefined)
}

/** Three words in a row, of which not all are in capitals as those of a protocol are. */
function phrasesOf(text: string): string[] {
  const plain = text.replaceAll(/\\[bdnrsw]/g, '\n').replaceAll(/\\(.)/g, '$1')
  const runs = plain.replaceAll(/\b[A-Z]{2,}\b/g, '\n').match(/[A-Za-z]+(?: [A-Za-z]+){2,}/g) ?? []
  return runs.flatMap((run) => {
    const words = run.toLowerCase().split(' ')
    return words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '))
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(root, folder, name))
}

/** Whether it is what a result is compared with: in an assertion, or a pattern of a table. */
function isExpected({ calls, isPattern }: Literal): boolean {
  if (calls.some(({ name }) => golden.test(name) || waiting.test(name))) return false
  const assertion = calls.find(({ name }) => /^assert\b/.test(name))
  if (assertion === undefined) return isPattern
  const { name, index } = assertion
  const isMessage = index >= (/^assert(?:\.ok)?$/.test(name) ? 1 : 2)
  return !isMessage && name !== 'assert.fail'
}

test('no assertion holds a sentence of ours: those are in the golden files', () => {
  const files = filesBelow('src')
  const ours = new Set(
    files.flatMap((path) => [...literalsOf(path)]).flatMap(({ text }) => phrasesOf(text)),
  )
  assert.ok(ours.has('nobody has signed'))
  const found: string[] = []
  for (const path of filesBelow('test')) {
    const name = relative(join(root, 'test'), path)
    if (otherRooms.some((room) => name.startsWith(`${room}/`))) continue
    const literals = [...literalsOf(path)]
    const given = literals.filter((literal) => !isExpected(literal) && !isTitle(literal))
    for (const { text, line } of literals.filter(isExpected)) {
      const phrase = phrasesOf(text).find((words) => ours.has(words))
      const isEcho = given.some((literal) => literal.text.includes(text))
      if (phrase !== undefined && !isEcho) found.push(`${name}:${line}: "${phrase}"`)
    }
  }
  assert.deepEqual(found, [])
})

function isTitle({ calls }: Literal): boolean {
  const last = calls.at(-1)
  return last?.index === 0 && /^(?:describe|test)$/.test(last.name)
}
