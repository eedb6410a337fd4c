import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The top of the repository. */
export const root = join(import.meta.dirname, '..', '..')

/** What people read, by its path from the top. */
export const documents = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'examples/README.md',
  'examples/bridge/README.md',
  'examples/cloud_mdir_sync/README.md',
  'examples/fleet/README.md',
  'examples/outbox/README.md',
  'systemd/README.md',
] as const

/** The text of a document. */
export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The fenced blocks of a document that are in a language. */
export function blocksOf(path: string, language: string): string[] {
  const blocks = readDocument(path).matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm)
  return Array.from(blocks, ([, name, text]) => (name === language ? (text ?? '') : '')).filter(
    (text) => text !== '',
  )
}
