/**
 * Finds the line of a key in TOML text, since the parser gives no positions. Reads what a
 * configuration is written in: tables, arrays of tables, bare, quoted and dotted keys, inline
 * tables, and strings over several lines.
 */

/** A way into the parsed document: names of keys and indices of tables. */
export type KeyPath = readonly (string | number)[]

interface Entry {
  path: (string | number)[]
  line: number
}

/** The line (from 1) of a key, or of the nearest thing around it that is written; 1 for nothing. */
export function findKeyLine(toml: string, wanted: KeyPath): number {
  let best = { depth: 0, line: 1 }
  for (const { path, line } of scan(toml)) {
    const depth = path.findIndex((part, index) => part !== wanted[index])
    const shared = depth === -1 ? path.length : 0
    if (shared > best.depth && shared <= wanted.length) best = { depth: shared, line }
  }
  return best.line
}

const keyPart = String.raw`(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')`
const dottedKey = String.raw`${keyPart}(?:\s*\.\s*${keyPart})*`
const tableHeader = new RegExp(String.raw`^\s*(\[\[?)\s*(${dottedKey})\s*\]`)
const keyValue = new RegExp(String.raw`^\s*(${dottedKey})\s*=(.*)$`)
const inlineKey = new RegExp(String.raw`[{,]\s*(${dottedKey})\s*=`, 'g')

function* scan(toml: string): Generator<Entry> {
  const counts = new Map<string, number>()
  let table: (string | number)[] = []
  let openString: string | undefined
  for (const [index, text] of toml.split('\n').entries()) {
    const line = index + 1
    if (openString !== undefined) {
      if (text.includes(openString)) openString = undefined
      continue
    }
    const header = tableHeader.exec(text)
    if (header !== null) {
      table = enterTable(splitKey(header[2] ?? ''), header[1] === '[[', counts)
      yield { path: table, line }
      continue
    }
    const pair = keyValue.exec(text)
    if (pair === null) continue
    const [, key = '', value = ''] = pair
    const path = [...table, ...splitKey(key)]
    yield { path, line }
    for (const [, inner = ''] of value.matchAll(inlineKey)) {
      yield { path: [...path, ...splitKey(inner)], line }
    }
    openString = ['"""', "'''"].find((quote) => value.split(quote).length === 2)
  }
}

function enterTable(
  names: string[],
  isArray: boolean,
  counts: Map<string, number>,
): (string | number)[] {
  const id = names.join('\0')
  if (isArray) counts.set(id, (counts.get(id) ?? -1) + 1)
  // A table below an array of tables belongs to the newest of them.
  return names.flatMap((name, index) => {
    const count = counts.get(names.slice(0, index + 1).join('\0'))
    return count === undefined ? [name] : [name, count]
  })
}

function splitKey(key: string): string[] {
  return Array.from(key.matchAll(new RegExp(keyPart, 'g')), ([part]) =>
    /^["']/.test(part) ? part.slice(1, -1) : part,
  )
}
