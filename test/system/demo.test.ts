import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
  assert.deepEqual(await leftIn(directory), [])
})

/** The loader of TypeScript keeps its own there. */
async function leftIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => !/^(tsx-|node-compile-cache)/.test(name))
}

for (const [signal, line] of [
  ['SIGHUP', '1. '],
  ['SIGTERM', '2. '],
  ['SIGINT', 'Each request and refresh:'],
] as const) {
  test(`the demo leaves nothing behind when ${signal} comes after "${line}"`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'demo-'))
    t.after(() => rm(directory, { recursive: true }))
    const demo = join(import.meta.dirname, '..', 'demo', 'demo.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', demo], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
      if (shown.includes(line)) child.kill(signal)
    })
    assert.deepEqual(await exited, [0, null])
    assert.deepEqual(await leftIn(directory), [])
  })
}
