import { statSync } from 'node:fs'
import { join } from 'node:path'
import { strangerAt } from './stranger-at.ts'

/** The places of an outbox's socket, the first that exists is the one: cron has no XDG_RUNTIME_DIR. */
export function outboxPaths(env: NodeJS.ProcessEnv, uid = process.getuid?.() ?? 0): string[] {
  const named = namedOutbox(env)
  if (named !== undefined) return [named]
  const runtime = env['XDG_RUNTIME_DIR'] ?? ''
  const directories = [runtime, `/run/user/${uid}`, '/run'].filter((path) => path.startsWith('/'))
  return directories.map((directory) => join(directory, 'cms-oauth', 'outbox.sock'))
}

/** What $CMS_OUTBOX names; nothing else is tried then. */
export function namedOutbox(env: NodeJS.ProcessEnv): string | undefined {
  const named = env['CMS_OUTBOX'] ?? ''
  return named === '' ? undefined : named
}

/** The first that exists, and that no stranger may have put there; or undefined. */
export function findOutbox(env: NodeJS.ProcessEnv): string | undefined {
  const isNamed = namedOutbox(env) !== undefined
  return outboxPaths(env).find((path) => exists(path) && strangerAt(path, isNamed) === undefined)
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    // A directory above it may not be searched: connecting says it.
    return true
  }
}
