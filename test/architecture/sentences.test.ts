/** The golden files of sentences hold what tests ask for, and nothing else. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const names = Object.keys(constants.errno)
const tests = join(import.meta.dirname, '..')

/** The words are in the hint, which says what is behind it. */
const worded = ['test/https']

test('the name of an error of the kernel comes with its words', () => {
  const bare = readdirSync(tests).flatMap((room) => {
    const path = join(tests, room, 'sentences.json')
    if (!existsSync(path) || worded.includes(`test/${room}`)) return []
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines.filter((line) => {
      const said = line.replace(/^\s*"[^"]*": /, '')
      return names.some((name) => new RegExp(`(?<!\\()\\b${name}\\b(?! \\()`).test(said))
    })
  })
  assert.deepEqual(bare, [])
})

test('every group of sentences belongs to a test file, which then requires each of them', () => {
  const orphans = readdirSync(tests).flatMap((room) => {
    const path = join(tests, room, 'sentences.json')
    if (!existsSync(path)) return []
    const groups = Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)
    return groups.filter((group) => {
      const file = join(tests, room, `${group}.test.ts`)
      return (
        !existsSync(file) ||
        !/from '(?:(?:\.\.\/)+support\/golden|\.\/load-text)\.ts'/.test(readFileSync(file, 'utf8'))
      )
    })
  })
  assert.deepEqual(orphans, [])
})
