import { join } from 'node:path'
import type { Configuration } from '../configuration/configuration.ts'
import { namesIn } from '../files/names-in.ts'
import { spoolsDirectory } from './spool-folders.ts'

/** A spool that no outbox has any more, with messages in it. */
export interface StrandedSpool {
  path: string
  reason: string
  hint: string
}

/** Those of an [[outbox]] that has another name by now, or is gone. */
export function strandedSpools({
  outboxes,
  store: { stateDirectory },
}: Pick<Configuration, 'outboxes' | 'store'>): StrandedSpool[] {
  const names = new Set(outboxes.map(({ name }) => name))
  const directory = spoolsDirectory(stateDirectory)
  return namesIn(directory)
    .filter((name) => !names.has(name))
    .flatMap((name) => strandedAt(join(directory, name), name))
}

function strandedAt(path: string, name: string): StrandedSpool[] {
  const count = namesIn(join(path, 'new')).length
  if (count === 0) return []
  return [
    {
      path,
      reason: `${count === 1 ? 'a message waits' : `${count} messages wait`} there, and no [[outbox]] has the name "${name}"`,
      hint: `give an [[outbox]] this name, with a socket of its own, until they are sent; or remove the folder`,
    },
  ]
}
