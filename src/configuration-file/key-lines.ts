/**
 * Finds the line of a key in TOML text that has been parsed, since the parser gives no positions.
 */
import { parse } from 'smol-toml'

/** A path in the parsed document: names of keys and indices of arrays. */
export type KeyPath = readonly (string | number)[]

/**
 * The line (from 1) of a key, or of the nearest table or array around it that is written; otherwise
 * 1.
 */
export function findKeyLine(toml: string, wanted: KeyPath): number {
  let best = { depth: 0, line: 1 }
  for (const { path, line } of new Scan(toml).entries()) {
    const isAround = path.length > best.depth && path.every((part, i) => part === wanted[i])
    if (isAround) best = { depth: path.length, line }
  }
  return best.line
}

interface Entry {
  path: KeyPath
  line: number
}

/** Strings, comments, line ends, punctuation, and runs of anything else. */
const token =
  /"""(?:\\[^]|[^\\])*?"{3,5}|'''[^]*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|\n|[[\]{}=,.]|[^\s"'#[\]{}=,.]+/g

const end = { text: '', line: 0 }

/** One walk over the tokens, in which every key and every element of an array is an entry. */
class Scan {
  readonly #tokens: { text: string; line: number }[] = []
  #position = 0
  /** The index of the newest table of each array of tables. */
  readonly #newest = new Map<string, number>()

  constructor(toml: string) {
    let line = 1
    for (const [text] of toml.matchAll(token)) {
      if (!text.startsWith('#')) this.#tokens.push({ text, line })
      line += text.split('\n').length - 1
    }
  }

  *entries(): Generator<Entry> {
    let table: KeyPath = []
    while (this.#peek() !== end) {
      if (this.#take('\n')) continue
      if (this.#take('[')) table = yield* this.#header()
      else yield* this.#pair(table)
    }
  }

  *#header(): Generator<Entry, KeyPath> {
    const isArray = this.#take('[')
    const { line } = this.#peek()
    const names = this.#key()
    this.#take(']')
    if (isArray) this.#take(']')
    let path: KeyPath = []
    for (const [depth, name] of names.entries()) {
      path = [...path, name]
      yield { path, line }
      const id = JSON.stringify(path)
      const isNew = isArray && depth === names.length - 1
      const newest = isNew ? (this.#newest.get(id) ?? -1) + 1 : this.#newest.get(id)
      if (newest === undefined) continue
      this.#newest.set(id, newest)
      path = [...path, newest]
      yield { path, line }
    }
    return path
  }

  *#pair(table: KeyPath): Generator<Entry> {
    const { line } = this.#peek()
    let path = table
    for (const name of this.#key()) {
      path = [...path, name]
      yield { path, line }
    }
    if (this.#take('=')) yield* this.#value(path)
    else this.#position++
  }

  *#value(path: KeyPath): Generator<Entry> {
    if (this.#take('[')) yield* this.#array(path)
    else if (this.#take('{')) yield* this.#inlineTable(path)
    else while (!/^[\n,\]}]?$/.test(this.#peek().text)) this.#position++
  }

  *#array(path: KeyPath): Generator<Entry> {
    let index = 0
    while (this.#peek() !== end && !this.#take(']')) {
      if (this.#take('\n')) continue
      if (this.#take(',')) index++
      else {
        const element = [...path, index]
        yield { path: element, line: this.#peek().line }
        yield* this.#value(element)
      }
    }
  }

  *#inlineTable(path: KeyPath): Generator<Entry> {
    while (this.#peek() !== end && !this.#take('}')) {
      if (this.#take('\n') || this.#take(',')) continue
      yield* this.#pair(path)
    }
  }

  /** Names with dots between them. */
  #key(): string[] {
    const names: string[] = []
    while (!/^[\n=,[\]{}]?$/.test(this.#peek().text)) {
      if (!this.#take('.')) names.push(nameOf(this.#tokens[this.#position++]?.text ?? ''))
    }
    return names
  }

  #peek(): { text: string; line: number } {
    return this.#tokens[this.#position] ?? end
  }

  #take(text: string): boolean {
    const isNext = this.#peek().text === text
    if (isNext) this.#position++
    return isNext
  }
}

/** A bare key as it is, a quoted one without its quotes and escapes. */
function nameOf(text: string): string {
  if (!/^["']/.test(text)) return text
  const [name = text] = Object.keys(parse(`${text} = 0`))
  return name
}
