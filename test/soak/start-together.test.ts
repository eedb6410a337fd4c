/**
 * 100 times 50 daemons that start at once on one store: exactly one serves, the others end with 75.
 * Takes ten minutes.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { ControlClient } from '../../src/client/control-client.ts'
import { createHome, type Home } from '../support/daemon.ts'

const rounds = 100
const daemons = 50
const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'
const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')

interface Start {
  /** Pid of the daemon where it serves, its exit status where it does not. */
  outcome: { pid: number } | { status: number | null; stderr: string }
  /** Ends it. */
  kill(): Promise<void>
}

async function start({ env }: Home): Promise<Start> {
  const child = spawn(program, [], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
  }
  let stderr = ''
  for await (const text of child.stderr.setEncoding('utf8')) {
    stderr += String(text)
    if (stderr.includes('"daemon.started"')) return { outcome: { pid: child.pid ?? 0 }, kill }
  }
  const [status] = await closed
  return { outcome: { status, stderr }, kill }
}

test(`${daemons} daemons at once, ${rounds} times: exactly one serves`, async (t) => {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(account)
  const begun = performance.now()
  for (let round = 0; round < rounds; round++) {
    const starts = await Promise.all(Array.from({ length: daemons }, () => start(home)))
    try {
      const serving = starts.flatMap(({ outcome }) => ('pid' in outcome ? [outcome.pid] : []))
      const others = starts.flatMap(({ outcome }) => ('pid' in outcome ? [] : [outcome]))
      assert.equal(serving.length, 1, `round ${round}: ${serving.length} serve`)
      for (const { status, stderr } of others) {
        assert.equal(status, 75, stderr)
        assert.match(stderr, /another cms-oauthd is using the store/)
      }
      const { pid } = await new ControlClient(home.controlSocket).accounts()
      assert.equal(pid, serving[0])
    } finally {
      for (const start of starts) await start.kill()
    }
  }
  t.diagnostic(
    `${rounds * daemons} starts, ${rounds} served, ${rounds * (daemons - 1)} exited with 75, ` +
      `${((performance.now() - begun) / rounds).toFixed(0)} ms a round`,
  )
})
