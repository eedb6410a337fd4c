/** Thousands in one go would hold up whoever asks for a token meanwhile. */
const itemsPerTurn = 200

/**
 * What `make` makes of each item, in order: so many in one turn of the event loop, the rest in the next
 * ones. @throws what `make` throws
 */
export async function mapInTurns<Item, Made>(
  items: Iterable<Item>,
  make: (item: Item) => Made,
): Promise<Made[]> {
  const made: Made[] = []
  for (const item of items) {
    made.push(make(item))
    if (made.length % itemsPerTurn === 0) await new Promise(setImmediate)
  }
  return made
}
