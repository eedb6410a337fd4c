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

/** The known address that a misspelt one may mean: that the domain is the same brings it no nearer. */
export function nearestAddress(address: string, known: readonly string[]): string | undefined {
  const [local = ''] = address.split('@', 1)
  return nearestKnown(address, known, farthestFrom(local))
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
