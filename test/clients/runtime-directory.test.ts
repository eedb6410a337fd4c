/** Lines that name the socket work for cron and services too, which set no XDG_RUNTIME_DIR. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

test('no example and no line of the README needs XDG_RUNTIME_DIR', () => {
  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('examples', name))
    .filter((name) => statSync(join(root, name)).isFile())
  const bare = [...examples, 'README.md', 'src/man-pages/client-page.ts'].filter((name) =>
    /\$XDG_RUNTIME_DIR\/cms-oauth\/c\w+\.sock['"]|environ\['XDG_RUNTIME_DIR'\]/.test(
      readFileSync(join(root, name), 'utf8'),
    ),
  )
  assert.deepEqual(bare, [])
})
