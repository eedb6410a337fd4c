import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../support/daemon.ts'

test('the demo proves the main job and leaves nothing behind', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'demo-'))
  t.after(() => rm(directory, { recursive: true }))
  const demo = join(import.meta.dirname, '..', 'demo', 'demo.ts')
  const env = { ...process.env, TMPDIR: directory }
  const { status, stdout, stderr } = await runProgram(
    process.execPath,
    ['--import', 'tsx', demo, '--once'],
    env,
  )
  assert.equal(status, 0, stderr)
  assert.equal(
    stdout.trimEnd().split('\n').at(-1),
    "reply: retcode (235); Msg: b'2.7.0 Authentication successful'",
  )
  // The loader of TypeScript keeps its own there.
  const left = (await readdir(directory)).filter((name) => !/^(tsx-|node-compile-cache)/.test(name))
  assert.deepEqual(left, [])
})
