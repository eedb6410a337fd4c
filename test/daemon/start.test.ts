/** A start whose steps fail in turn: what was opened before is closed, and the next start succeeds. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { signals } from '../../src/daemon/signals.ts'
import { startDaemon } from '../../src/daemon/start.ts'
import { Steps } from '../../src/daemon/steps.ts'
import { ConfigInvalidError } from '../../src/errors.ts'
import { lockFile } from '../../src/kernel/file-lock.ts'
import { ProgramFiles } from '../../src/package/program-files.ts'
import { testConfiguration } from '../support/configurations.ts'
import { expectedError } from '../support/golden.ts'
import { writeScriptedRenewer } from '../support/scripted-renewer.ts'
import { socketConfiguration } from './socket/token-socket.ts'

const refusal = new ConfigInvalidError('the step failed')

/** In the order in which they are taken. */
const names = [
  'harden',
  'inherit',
  'start a renewer',
  'configure',
  'lock the store',
  'watchdog',
  'assemble',
  'prove the store',
  'service sockets',
  'control socket',
  'resume',
  'prove the socket',
  'watch the sockets',
  'ready',
]

// What the steps hand to signals is of daemons that are gone.
after(() => signals.release())

/** Steps of which one fails, or is hit by something while it is under way. */
class FaultySteps extends Steps {
  readonly taken: string[] = []
  readonly #faulty: string | undefined
  readonly #hit: (() => void) | undefined

  constructor(faulty?: string, hit?: () => void) {
    super()
    this.#faulty = faulty
    this.#hit = hit
  }

  override take<T>(name: string, open: () => T | Promise<T>, undo?: (opened: T) => unknown) {
    this.taken.push(name)
    // A test process stays readable for its own tools.
    const work = name === 'harden' ? () => undefined as T : open
    return super.take(name, name === this.#faulty ? () => this.#spoil(work) : work, undo)
  }

  #spoil<T>(work: () => T | Promise<T>): T | Promise<T> {
    if (this.#hit === undefined) throw refusal
    const working = work()
    this.#hit()
    return working
  }
}

function prepare(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-start-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  process.env['XDG_RUNTIME_DIR'] = join(directory, 'run')
  const sockets = join(directory, 'sockets')
  const stateDirectory = join(directory, 'state')
  const configuration = testConfiguration({
    accounts: [
      {
        user: 'user@example.com',
        provider: 'office365',
        clientId: 'id',
        grant: 'authorization_code',
        saslUser: {},
      },
    ],
    sockets: [socketConfiguration({ path: join(sockets, 'cms.sock') })],
    control: { path: join(sockets, 'control.sock') },
    store: { kind: 'files', stateDirectory, key: { from: 'file', path: join(directory, 'key') } },
    log: { level: 'error', audit: 'counted' },
  })
  const renewerPath = writeScriptedRenewer(
    t,
    `on((job) => answer(job, { records: [], others: [] }))`,
  )
  const start = (steps: Steps) =>
    startDaemon(
      {
        load: () => Promise.resolve(configuration),
        inspect: () => Promise.resolve([]),
        renewerPath,
        bridgePath: '/nonexistent',
        outboxPath: '/nonexistent',
        senderPath: '/nonexistent',
        followerPath: '/nonexistent',
        programFiles: new ProgramFiles({ paths: [renewerPath], restart: '' }),
      },
      steps,
    )
  /** Fails where anything of a daemon is still open. */
  const assertNothingOpen = () => {
    assert.deepEqual(existsSync(sockets) ? readdirSync(sockets) : [], [])
    if (existsSync(stateDirectory)) {
      const lock = lockFile(join(stateDirectory, 'daemon.lock'))
      assert.ok(lock, 'the store is locked')
      lock.close()
    }
    assert.deepEqual(processesOf(renewerPath), [])
  }
  return { sockets, start, assertNothingOpen }
}

/** The pids of what runs this program. */
function processesOf(program: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(program)
    } catch {
      return false
    }
  })
}

test('a start takes its steps in order, and undone it leaves nothing open', async (t) => {
  const { sockets, start, assertNothingOpen } = prepare(t)
  const steps = new FaultySteps()
  await start(steps)
  assert.deepEqual(steps.taken, names)
  assert.deepEqual(readdirSync(sockets), ['cms.sock', 'control.sock'])
  await steps.undo()
  assertNothingOpen()
})

for (const name of names) {
  test(`a start that fails at "${name}" says why, and leaves nothing open`, async (t) => {
    const { start, assertNothingOpen } = prepare(t)
    const steps = new FaultySteps(name)
    await assert.rejects(start(steps), refusal)
    // The start itself waits a second for that, at most.
    await steps.undo()
    assert.deepEqual(steps.taken, names.slice(0, names.indexOf(name) + 1))
    assertNothingOpen()
    const again = new FaultySteps()
    await start(again)
    await again.undo()
  })

  test(`a start that a signal ends at "${name}" goes no further, and leaves nothing open`, async (t) => {
    const { start, assertNothingOpen } = prepare(t)
    const steps = new FaultySteps(name, () => void steps.undo())
    const refusal = expectedError('daemon_unreachable', 'a start that a signal ends')
    await assert.rejects(start(steps), refusal)
    await steps.undo()
    assert.deepEqual(steps.taken, names.slice(0, names.indexOf(name) + 1))
    assertNothingOpen()
  })
}
