/** The known word nearest to a misspelt one, ignoring case; undefined if none is near. */
export function nearestKnown(
  word: string,
  known: readonly string[],
  farthest = farthestFrom(word),
): string | undefined {
  const ranked = known
    .map((candidate) => ({
      candidate,
      distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .toSorted((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= farthest ? best.candidate : undefined
}

/** Among more addresses a misspelt one is not looked for: whoever asks for it often would hold up the others. */
const mostCompared = 100

/**
 * A hint for an address that is not among the known ones: the one that is meant, in other letters or
 * without its tag, or may be meant, else `otherwise`. That the domain is the same brings none nearer.
 */
export function addressHint(address: string, known: readonly string[], otherwise: string): string {
  const find = (wanted: string) => known.find((each) => each.toLowerCase() === wanted)
  const same = find(address.toLowerCase())
  if (same !== undefined) return `it is configured as "${same}": case matters`
  const mailbox = find(withoutTag(address).toLowerCase())
  if (mailbox !== undefined)
    return `did you mean "${mailbox}"? an alias has the token of its mailbox`
  const [local = ''] = address.split('@', 1)
  const compared = known.length > mostCompared ? [] : known
  const nearest = nearestKnown(address, compared, farthestFrom(local))
  return nearest === undefined ? otherwise : `did you mean "${nearest}"?`
}

/** The mailbox behind an alias like user+tag@domain.com. */
function withoutTag(address: string): string {
  const tagAt = address.indexOf('+')
  const domainAt = address.lastIndexOf('@')
  return tagAt < 1 || domainAt < tagAt ? address : address.slice(0, tagAt) + address.slice(domainAt)
}

function farthestFrom(word: string): number {
  return Math.max(2, Math.floor(word.length / 3))
}

/** A hint for a word that is not one of a few: the one that may be meant, and all. */
export function oneOf(word: string, known: readonly string[]): string {
  const nearest = nearestKnown(word, known)
  const all = `it is one of ${known.join(', ')}`
  return nearest === undefined ? all : `did you mean "${nearest}"? ${all}`
}

/**
 * Levenshtein's distance: the insertions, deletions and replacements that turn one word into the
 * other.
 */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
