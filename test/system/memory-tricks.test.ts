/**
 * Tricks for memory of src/README.md, each alone, on the Node that runs this: what a program takes
 * more when it does what the daemon avoids. One that saves less than 1 MiB on every version is not worth
 * its code. What they save together is in the bar of hardening.test.ts.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, temporaryDirectory } from '../daemon/socket/token-socket.ts'
import { createHome, startDaemon } from '../support/daemon.ts'
import { residentKiB } from '../support/idle-memory.ts'
import { percentile } from '../support/percentile.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const root = join(import.meta.dirname, '..', '..')
const [version = 0] = process.versions.node.split('.').map(Number)

/** Has the compilers at work, whichever the flags of the process allow. */
const hotLoop = `
  const add = (a, b) => a + b
  let sum = 0
  for (let i = 0; i < 3e6; i++) sum = add(sum, i) % 1000`

const oneAccount =
  '[[account]]\nuser = "a@example.com"\nprovider = "gmail"\nclient_id = "a"\nclient_secret = "b"\n'

interface Trick {
  /** What the daemon avoids. */
  costly: string
  /** MiB at least, by the version of Node; where none is given it is measured and printed alone. */
  saves: { 20?: number; 24?: number }
}

const koffi = join(root, 'node_modules', 'koffi')
const explanations = join(root, 'dist', 'cms-oauth-explanations.cjs')

const tricks: Record<string, Trick> = {
  'no optimizing compiler before a burst': { costly: hotLoop, saves: { 20: 3, 24: 5 } },
  'koffi without its own entry point': {
    costly: `require(${JSON.stringify(koffi)})`,
    saves: { 20: 1.5, 24: 4 },
  },
  'crypto, http, worker_threads and inspector at their first use': {
    costly: "for (const name of ['crypto', 'http', 'worker_threads', 'inspector']) require(name)",
    saves: { 20: 1.2, 24: 2.5 },
  },
  'instants without toISOString': {
    costly: 'new Date().toISOString()',
    saves: { 20: 0.8, 24: 0.8 },
  },
  'explanations in a file of their own': {
    costly: `require(${JSON.stringify(explanations)}).findExplanation({ error: 'x' })`,
    saves: { 24: 1 },
  },
}

function savedMiB(t: TestContext, { costly }: Trick): number {
  const program = join(temporaryDirectory(t), 'trick.cjs')
  const text = `
    require('net'); require('child_process')
    const fs = require('fs')
    const rss = () => Number(/^Rss:\\s+(\\d+)/m.exec(fs.readFileSync('/proc/self/smaps_rollup', 'utf8'))[1])
    rss();
    const at = rss();
    ${costly}
    ;console.log(rss() - at)`
  writeFileSync(program, text)
  const runs = Array.from({ length: 3 }, () =>
    Number(execFileSync(process.execPath, [program], { encoding: 'utf8' })),
  )
  return percentile(runs, 0.5) / 1_024
}

for (const [name, trick] of Object.entries(tricks)) {
  test(`${name}: it saves what is said of it`, (t) => {
    const saved = savedMiB(t, trick)
    t.diagnostic(`${saved.toFixed(2)} MiB on Node ${version}`)
    const { [version as 20 | 24]: least = 0 } = trick.saves
    assert.ok(saved >= least, `${saved.toFixed(2)} MiB`)
  })
}

test('what a start took is given back: it saves what is said of it', async (t) => {
  const kept = await daemonAtCollection(t, '() => 0')
  const kibKept = residentKiB(kept)
  const given = await daemonAtCollection(t, 'queryObjects')
  const saved = await mostSaved(kibKept, given)
  t.diagnostic(`${(saved / 1_024).toFixed(2)} MiB on Node ${version}`)
  assert.ok(saved >= 1_024, `${saved} KiB`)
})

/** Its pid, once the daemon has called what it collects by, in place of which it gets another function. */
async function daemonAtCollection(t: TestContext, collect: string): Promise<number> {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(oneAccount)
  const called = join(home.directory, 'collected')
  home.daemonProgram = join(home.directory, 'cms-oauthd')
  writeFileSync(
    home.daemonProgram,
    `#!/usr/bin/env node
    const v8 = require('v8')
    const { queryObjects } = v8
    const collect = ${collect}
    v8.queryObjects = (constructor) => {
      collect(constructor)
      require('fs').writeFileSync(${JSON.stringify(called)}, '')
    }
    require(${JSON.stringify(join(root, 'bin', 'cms-oauthd.js'))})`,
    { mode: 0o700 },
  )
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  const until = performance.now() + 30_000
  while (!existsSync(called) && performance.now() < until) await delay(20)
  assert.ok(existsSync(called), 'nothing was collected within 30 s')
  return daemon.process.pid ?? 0
}

/** KiB less than before: V8 gives pages back in a thread of its own. */
async function mostSaved(kibBefore: number, pid: number): Promise<number> {
  const until = performance.now() + 30_000
  let saved = kibBefore - residentKiB(pid)
  while (saved < 1_024 && performance.now() < until) {
    await delay(100)
    saved = Math.max(saved, kibBefore - residentKiB(pid))
  }
  return saved
}

test('what a burst of requests took is given back: it saves what is said of it', async (t) => {
  const world = await createWorld()
  t.after(() => world.close())
  const daemon = await startSignedIn(world, accountToml(world))
  t.after(() => daemon.stop())
  const { pid = 0 } = daemon.process
  const many = Array.from({ length: 64 })
  for (let round = 0; round < 100; round++) {
    await Promise.all(many.map(() => ask(world.home.tokenSocket, `SMTP ${world.user}`)))
  }
  const saved = await mostSaved(residentKiB(pid), pid)
  t.diagnostic(`${(saved / 1_024).toFixed(2)} MiB on Node ${version}`)
  assert.ok(saved >= 1_024, `${saved} KiB`)
})

test('the bridges’ code before there is a bridge: it saves what is said of it', async (t) => {
  const saved: number[] = []
  for (let start = 0; start < 3; start++) {
    const home = await createHome()
    await home.configure(oneAccount)
    const daemon = await startDaemon(home)
    const { pid = 0 } = daemon.process
    // What any question at the control socket loads is in memory before the first reading.
    for (let time = 0; time < 3; time++) await daemon.control.accounts()
    const before = residentKiB(pid)
    await daemon.control.passwords()
    saved.push(residentKiB(pid) - before)
    await daemon.stop()
    await home.remove()
  }
  const median = percentile(saved, 0.5) / 1_024
  t.diagnostic(`${median.toFixed(2)} MiB on Node ${version}`)
  assert.ok(median >= (version >= 24 ? 1 : 0.5), `${median.toFixed(2)} MiB`)
})

test('a semi-space that does not grow: it saves what is said of it', (t) => {
  const withoutTrick = memoryOfBurst(t, '')
  const withTrick = memoryOfBurst(t, `v8.setFlagsFromString('--semi-space-growth-factor=1')`)
  const saved = (withoutTrick - withTrick) / 1_024
  t.diagnostic(`${saved.toFixed(2)} MiB on Node ${version}`)
  assert.ok(saved >= 10, `${saved.toFixed(2)} MiB`)
})

/** KiB that a server takes more after 6,400 requests, 64 at a time. */
function memoryOfBurst(t: TestContext, firstLine: string): number {
  const program = join(temporaryDirectory(t), 'burst.cjs')
  const text = `
    const v8 = require('v8')
    ${firstLine}
    v8.setFlagsFromString('--no-opt')
    v8.setFlagsFromString('--no-maglev')
    const fs = require('fs')
    const net = require('net')
    const rss = () => Number(/^Rss:\\s+(\\d+)/m.exec(fs.readFileSync('/proc/self/smaps_rollup', 'utf8'))[1])
    rss()
    const at = rss()
    const path = ${JSON.stringify(join(temporaryDirectory(t), 'socket'))}
    const server = net.createServer((socket) => socket.on('data', (line) => socket.end(line.toString().padEnd(2000))))
    const ask = () => new Promise((done) => {
      const socket = net.connect(path, () => socket.write('SMTP user@example.com'))
      socket.resume().on('close', done)
    })
    server.listen(path, async () => {
      for (let round = 0; round < 200; round++) await Promise.all(Array.from({ length: 64 }, ask))
      console.log(rss() - at)
      server.close()
    })`
  writeFileSync(program, text)
  return Number(execFileSync(process.execPath, [program], { encoding: 'utf8' }))
}
