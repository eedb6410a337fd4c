import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A spool with entries as the outbox writes them. */
export interface TestSpool {
  directory: string
  /** Stores a message; gives its id. */
  put(entry: { rcpt: readonly string[]; message: string | Buffer; from?: string }): string
  /** The recipients that are left of an entry; undefined: it is gone. */
  left(id: string): string[] | undefined
  remove(): void
}

/** Makes an empty one in a directory of its own. */
export function createSpool(): TestSpool {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-spool-'))
  for (const name of ['tmp', 'new', 'failed', 'state', 'sent']) mkdirSync(join(directory, name))
  let count = 0
  return {
    directory,
    put: ({ rcpt, message, ...more }) => {
      count += 1
      const id = `20260101T000000Z-${String(count).padStart(12, '0')}`
      const bytes = Buffer.from(message)
      const head = {
        v: 1,
        id,
        at: Date.now(),
        uid: 1000,
        login: 'alice',
        rcpt,
        size: bytes.length,
        message_id: `<${id}@example.com>`,
        ...more,
      }
      const line = Buffer.from(`${JSON.stringify(head)}\n`)
      writeFileSync(join(directory, 'new', id), Buffer.concat([line, bytes]), { mode: 0o600 })
      return id
    },
    left: (id) => {
      if (!readdirSync(join(directory, 'new')).includes(id)) return undefined
      const [line = ''] = readFileSync(join(directory, 'new', id), 'utf8').split('\n')
      return (JSON.parse(line) as { rcpt: string[] }).rcpt
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
