import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const readme = readFileSync(join(root, 'examples', 'README.md'), 'utf8')
const examples = readdirSync(join(root, 'examples'), { recursive: true, withFileTypes: true })
  .filter(({ name }) => name !== 'README.md' && !name.endsWith('.png'))
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name).slice(join(root, 'examples/').length))
const tests = ['clients', 'support', 'clients/emacs', 'documents', 'system']
  .flatMap((folder) => readdirSync(join(root, 'test', folder)).map((name) => join(folder, name)))
  .filter((name) => name.endsWith('.ts') && basename(name) !== basename(import.meta.filename))
  .map((name) => readFileSync(join(root, 'test', name), 'utf8'))

test('every example is run by a test', () => {
  for (const path of examples) {
    const folder = basename(dirname(path))
    const isNamed = (text: string) => text.includes(basename(path)) && text.includes(folder)
    assert.ok(tests.some(isNamed), `no test names ${path}`)
  }
})

test('every example is in the table of its README, with where it goes', () => {
  const rows = Array.from(readme.matchAll(/^\| [^|]+ \| (`[^|]+`) +\| \S/gm), ([, files]) => files)
  const named = rows.flatMap((files = '') => Array.from(files.matchAll(/`([^`]+)`/g), ([, f]) => f))
  assert.deepEqual(
    examples.filter((path) => !named.includes(path)),
    [],
  )
  assert.deepEqual(
    named.filter((path = '') => path.includes('/') && !examples.includes(path)),
    [],
  )
})
