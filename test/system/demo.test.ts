import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
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
  ['SIGINT', 'Each request, refusal, refresh and sign-in:'],
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

const lastLine = 'Each request, refusal, refresh and sign-in:'

/** Runs `npm run demo` up to its invitation; what it shows, and its end. */
async function startDemo(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'demo-'))
  t.after(() => rm(directory, { recursive: true }))
  const start = join(import.meta.dirname, '..', 'demo', 'start.mjs')
  const child = spawn(process.execPath, [start], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill())
  let shown = ''
  const changes = new EventEmitter()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    changes.emit('change')
  })
  const shows = async (fits: RegExp) => {
    for (;;) {
      const match = fits.exec(shown)
      if (match !== null) return match
      await once(changes, 'change')
    }
  }
  await shows(new RegExp(lastLine))
  // Everything of the demo has its standard output: it is closed when the last of them has ended.
  const ended = once(child.stdout, 'close')
  return { directory, child, shows, ended }
}

test('a killed demo leaves nothing behind, whichever of its processes is killed', async (t) => {
  for (const which of ['start', 'demo'] as const) {
    const { directory, child, ended } = await startDemo(t)
    const [inner] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(
      ' ',
    )
    process.kill(which === 'start' ? (child.pid ?? 0) : Number(inner), 'SIGKILL')
    await Promise.all([ended, child.exitCode ?? child.signalCode ?? once(child, 'exit')])
    assert.deepEqual(await leftIn(directory), [], which)
  }
})

test('the demo shows refusals, and survives Back and addresses that are made up', async (t) => {
  const { child, shows, ended } = await startDemo(t)
  const [, runtime = '', ca = ''] = await shows(/XDG_RUNTIME_DIR=(\S+) NODE_EXTRA_CA_CERTS=(\S+)/)
  const [, provider = ''] = await shows(/(https:\/\/localhost:\d+)/)
  const authority = await readFile(ca)
  for (const path of ['/interaction/none', '/nowhere', '/auth?client_id=none', '/revoke']) {
    await new Promise((resolve, reject) => {
      get(`${provider}${path}`, { ca: authority }, resolve).on('error', reject)
    })
  }
  const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
  const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: runtime }
  const { status } = await runProgram(client, ['--user=nobody@example.com'], env)
  assert.equal(status, 67)
  await shows(/token\.refused for nobody@example\.com: /)
  child.kill('SIGINT')
  await ended
})
