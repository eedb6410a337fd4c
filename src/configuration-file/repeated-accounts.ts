/**
 * A file that a program wrote for a whole company has thousands of [[account]] entries that differ in `user`
 * alone. One of each is parsed and checked; its repetitions are left out of the text before, and put back
 * with their addresses afterwards. For 10,000 of them that takes a tenth of a second in place of one and a half.
 *
 * Only what cannot mean anything else is left out: an entry of single lines between other such entries, in
 * a text without multi-line strings. The first of a row is always parsed where it is, so that those after
 * it are not inside of anything.
 */

interface Repetition {
  user: string
  /** The entry in the text that it repeats, by its number. */
  like: number
  /** So many entries of the text come before it. */
  after: number
}

/** A text that says the same, but for the repetitions. */
export interface FoldedText {
  text: string
  /** Of the entries in the text, as far as that is clear: a parser that finds others understands it in another way. */
  users: readonly (string | undefined)[]
  repetitions: readonly Repetition[]
}

/** Lines up to the next header. */
interface Section {
  text: string
  /** Undefined for what is not an entry of single lines. */
  entry?: { user: string; others: string }
}

const header = '[[account]]'
const text = String.raw`"[^"\\\x00-\x1f\x7f]*"`
const comma = String.raw`[ \t]*,[ \t]*`
const end = String.raw`[ \t]*\r?$`
const userLine = new RegExp(`^user[ \\t]*=[ \\t]*(${text})${end}`)
const otherLine = new RegExp(
  `^(?:[A-Za-z0-9_-]+[ \\t]*=[ \\t]*(?:${text}|\\[[ \\t]*(?:${text}(?:${comma}${text})*)?[ \\t]*\\])${end}|#[\\t -~]*\\r?$|${end})`,
)

/** Leaves repetitions out; undefined where there are none. */
export function foldRepetitions(whole: string): FoldedText | undefined {
  if (!whole.includes(header) || /"""|'''/.test(whole)) return undefined
  const kept: string[] = []
  const known = new Map<string, number>()
  const repetitions: Repetition[] = []
  const users: (string | undefined)[] = []
  const sections = sectionsOf(whole)
  for (const [index, { text: part, entry }] of sections.entries()) {
    const like = entry && known.get(entry.others)
    const [before, next] = [sections[index - 1], sections[index + 1]]
    // What follows may be a table of the entry, like [account.sasl_user].
    const isWhole = next === undefined || next.entry !== undefined
    if (entry !== undefined && like !== undefined && isWhole && before?.entry !== undefined) {
      repetitions.push({ user: entry.user, like, after: users.length })
      continue
    }
    kept.push(part)
    if (entry !== undefined && like === undefined && isWhole) known.set(entry.others, users.length)
    if (/^[ \t]*\[\[[ \t]*["']?account/.test(part)) users.push(entry?.user)
  }
  if (repetitions.length === 0) return undefined
  return { text: kept.join(''), users, repetitions }
}

/** Puts the repetitions back among the entries that were parsed; undefined where those are others than expected. */
export function unfold<T extends { user: string }>(
  parsed: readonly T[],
  { users, repetitions }: Pick<FoldedText, 'users' | 'repetitions'>,
): T[] | undefined {
  const isAsExpected = (entry: T, index: number) =>
    users[index] === undefined || users[index] === entry.user
  if (parsed.length !== users.length || !parsed.every(isAsExpected)) return undefined
  const all: T[] = []
  let next = 0
  for (const [index, entry] of parsed.entries()) {
    all.push(entry)
    for (; repetitions[next]?.after === index + 1; next++) {
      const { user = '', like = index } = repetitions[next] ?? {}
      all.push({ ...(parsed[like] ?? entry), user })
    }
  }
  return all
}

function sectionsOf(whole: string): Section[] {
  const sections: Section[] = []
  let from = 0
  while (from < whole.length) {
    const to = endOfSection(whole, from)
    const part = whole.slice(from, to)
    const entry = entryIn(part)
    sections.push(entry === undefined ? { text: part } : { text: part, entry })
    from = to
  }
  return sections
}

/** Where the next line begins with a bracket. */
function endOfSection(whole: string, from: number): number {
  const bracket = /\n[ \t]*\[/g
  bracket.lastIndex = from
  const found = bracket.exec(whole)
  return found === null ? whole.length : found.index + 1
}

function entryIn(part: string): Section['entry'] {
  const [first = '', ...lines] = part.split('\n')
  if (first.trimEnd() !== header) return undefined
  const users = lines.filter((line) => userLine.test(line))
  const [quoted = ''] = users.map((line) => userLine.exec(line)?.[1] ?? '')
  if (users.length !== 1 || !lines.every((line) => otherLine.test(line))) return undefined
  const others = lines.filter((line) => line !== users[0]).join('\n')
  return { user: quoted.slice(1, -1), others }
}
