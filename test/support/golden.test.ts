import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '../daemon/socket/token-socket.ts'

/** A file that opens a server and closes it in an after-hook, as many do; it compares one sentence. */
const file = `
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { assertSentence } from '../support/golden.ts'
const server = createServer().listen(0, '127.0.0.1')
after(() => server.close())
test('one', () => assertSentence('nobody answers', 'one'))
`

for (const [what, sentences, status, told] of [
  ['a sentence that nobody asks for fails the file', { one: 'nobody answers', two: '' }, 1, '"a"'],
  ['a file that asks for all its sentences passes', { one: 'nobody answers' }, 0, ''],
] as const) {
  test(`${what}, and its other hooks run`, (t) => {
    const tests = join(temporaryDirectory(t), 'test')
    for (const name of ['support', 'room']) mkdirSync(join(tests, name), { recursive: true })
    copyFileSync(join(import.meta.dirname, 'golden.ts'), join(tests, 'support', 'golden.ts'))
    writeFileSync(join(tests, 'room', 'sentences.json'), JSON.stringify({ a: sentences }))
    const path = join(tests, 'room', 'a.test.ts')
    writeFileSync(path, file)
    writeFileSync(join(tests, 'package.json'), '{"type":"module"}')
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const { href } = new URL(import.meta.resolve('tsx'))
    const ran = spawnSync(process.execPath, ['--import', href, path], {
      env,
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.equal(ran.signal, null, 'it hangs')
    assert.equal(ran.status, status, ran.stdout + ran.stderr)
    assert.ok(ran.stderr.includes(told), ran.stderr)
  })
}
