import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isSystemError } from '../../files/system-error.ts'

/** A spool that no outbox has any more, with messages in it. */
export interface StrandedSpool {
  path: string
  reason: string
  hint: string
}

/**
 * Those beside the spools that are served: of an [[outbox]] that has another name by now, or is gone.
 * @param before the spools that were served until now: with the last [[outbox]] all are gone
 */
export function strandedSpools(
  spools: readonly string[],
  before: readonly string[] = [],
): StrandedSpool[] {
  const parents = new Set([...spools, ...before].map((spool) => dirname(spool)))
  return [...parents].flatMap((parent) =>
    namesIn(parent)
      .map((name) => join(parent, name))
      .filter((path) => !spools.includes(path))
      .flatMap(strandedAt),
  )
}

function strandedAt(path: string): StrandedSpool[] {
  const count = namesIn(join(path, 'new')).length
  if (count === 0) return []
  const name = basename(path)
  return [
    {
      path,
      reason: `${count === 1 ? 'a message waits' : `${count} messages wait`} there, and no [[outbox]] has the name "${name}"`,
      hint: `give an [[outbox]] this name, with a socket of its own, until they are sent; or remove the folder`,
    },
  ]
}

/** None where there is nothing to read. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return []
  }
}
