/**
 * Owner and mode are given by a descriptor: by its path, a file in a directory that somebody else may write is
 * another one a moment after it was made, and root would open that to him.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..', '..', 'src')
const imported =
  /\b(?:l?chmod|l?chown)(?:Sync)?,?\b[^'`"]*\} from 'node:fs|\b\w*[fF]s\.(?:l?chmod|l?chown)(?:Sync)?\(/

/** What does it by a path, and why nobody else can have changed what is there. */
const exempt: Record<string, string> = {
  'daemon/socket/listener.ts':
    'a socket has no descriptor of its file; it is in a PrivateDirectory',
}

test('no file of ours is given an owner or a mode by its path', () => {
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && imported.test(readFileSync(join(source, file), 'utf8')),
  )
  assert.deepEqual(found, Object.keys(exempt))
})
