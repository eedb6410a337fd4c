/** What the real children close to themselves; test/child-process/confine.test.ts says what is closed then. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { withoutDebugger } from '../../src/kernel/without-debugger.ts'
import { emptied, findChild, startStage } from '../support/outbox-stage.ts'
import { createWorld } from '../support/world.ts'

/** By title; the renewer has none of its own. */
const children = ['cms-oauth-bridge', 'cms-oauth-outbox', 'cms-oauth-sender', 'cms-oauth-renewer']

/** The threads of a process, by whether they may gain privileges: those that were there before it closed itself. */
function threadsOf(pid: number): { free: number; confined: number } {
  const flags = readdirSync(`/proc/${pid}/task`).map((id) =>
    /^NoNewPrivs:\s*(\d)/m.exec(readFileSync(`/proc/${pid}/task/${id}/status`, 'latin1')),
  )
  const free = flags.filter((flag) => flag?.[1] === '0').length
  return { free, confined: flags.length - free }
}

/** Those of V8 and the debugger, which open no file: all that a program starts with. */
function threadsAtStart(): number {
  const program = `console.log(require('node:fs').readdirSync('/proc/self/task').length)`
  const argv = [...withoutDebugger, '-e', program]
  return Number(execFileSync(process.execPath, argv, { encoding: 'utf8' })) - 1
}

test('bridge, outbox, sender and renewer are confined before their pool of threads is there', async (t) => {
  const world = await createWorld()
  const { user, mail, home } = world
  const way = `via = "smtp"\nhost = "localhost:${mail.port}"\n`
  const bridge = `[[bridge]]\nprotocol = "SMTP"\nlisten = ["${home.directory}/bridge.sock"]\ncaller = ["peer"]\naccounts = ["${user}"]\nserver = "localhost:${mail.port}"\n`
  const stage = await startStage(t, 'office365', world, way, bridge)
  assert.equal(await stage.send(), 0)
  await emptied(stage.spool)
  await stage.daemon.control.refresh(user)
  const atStart = threadsAtStart()
  for (const title of children) {
    const pid = findChild(title, stage.daemon)
    assert.ok(pid !== undefined, title)
    const { free, confined } = threadsOf(pid)
    assert.ok(free <= atStart, `${title}: ${free} threads are free, ${atStart} at the start`)
    assert.ok(confined >= 1, title)
  }
  assert.deepEqual(
    stage.daemon.log.filter(({ event }) => event.endsWith('exception_caught')),
    [],
  )
})
