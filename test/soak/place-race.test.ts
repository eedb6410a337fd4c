/**
 * In a directory that everybody may write (sticky), a foreign user races the daemon of root for every path
 * that it makes: he opens, links and connects to all that appears, and puts links, files, pipes, directories
 * and sockets at its names and at those of directories above them. He gets nothing, nothing comes into what
 * his links lead to, and afterwards the daemon serves. Needs root and cc. Takes three minutes.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import { requireRoot } from './require-root.ts'

const foreign = 64_321
const rounds = 3
const scratch = mkdtempSync(join(tmpdir(), 'place-race-'))
const racer = join(scratch, 'place-racer')

before(() => {
  requireRoot()
  chmodSync(scratch, 0o755)
  execFileSync('cc', ['-O2', '-w', '-o', racer, join(import.meta.dirname, 'place-racer.c')])
})
after(() => rmSync(scratch, { recursive: true }))

/** What the daemon makes, and the first part of each path that a stranger may take. */
const remade = ['cms.sock', 'control.sock', 'outbox.sock', 'bridge.sock', 'token', 'deep']
const kept = ['state', 'key']

function toml(world: World, directory: string): string {
  const { user } = world
  return `${accountToml(world)}[[socket]]
path = "${directory}/cms.sock"
[[socket]]
path = "${directory}/deep/a/cms.sock"
owner = "mail"
[[token_file]]
path = "${directory}/token"
account = "${user}"
protocol = "SMTP"
format = "token"
owner = "mail"
mode = "0600"
[[outbox]]
account = "${user}"
path = "${directory}/outbox.sock"
host = "localhost:2"
mode = "0600"
[[bridge]]
accounts = ["${user}"]
protocol = "SMTP"
listen = "${directory}/bridge.sock"
server = "localhost:2"
[control]
path = "${directory}/control.sock"
[store]
key_file = "${directory}/key/store.key"
`
}

/** Begins to race; what it got, once it is ended. */
async function race(t: TestContext, ...words: string[]): Promise<() => Promise<string[]>> {
  const ids = [`--reuid=${foreign}`, `--regid=${foreign}`, '--clear-groups']
  const child: ChildProcess = spawn('setpriv', [...ids, racer, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  return async () => {
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
    return said.split('\n').filter((line) => line !== '' && !line.startsWith('ready '))
  }
}

/** What he has put there goes away again, and nothing else. */
function clear(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === foreign || name.startsWith('racer-')) {
      rmSync(path, { recursive: true, force: true })
    }
  }
}

/** A world with everything in a sticky directory, and one of root's beside it that must stay as it is. */
async function createPlaces(t: TestContext) {
  const world = await createWorld()
  t.after(() => world.close())
  const { home } = world
  chmodSync(home.directory, 0o755)
  const directory = join(home.directory, 'everybody')
  const victim = join(home.directory, 'victim')
  mkdirSync(directory)
  chmodSync(directory, 0o1777)
  mkdirSync(victim, { mode: 0o700 })
  home.controlSocket = join(directory, 'control.sock')
  home.tokenSocket = join(directory, 'cms.sock')
  home.env['XDG_STATE_HOME'] = join(directory, 'state')
  const daemon = await startSignedIn(world, toml(world, directory))
  await daemon.stop()
  return { world, directory, victim }
}

/** Everything that writes once; a daemon that cannot start beside him says so and ends. */
async function useOnce({ home, user }: World, signal: NodeJS.Signals): Promise<boolean> {
  let daemon: RunningDaemon
  try {
    daemon = await startDaemon(home)
  } catch {
    return false
  }
  try {
    await daemon.control.refresh(user)
    await daemon.control.reload()
    return true
  } catch {
    return false
  } finally {
    await daemon.stop(signal)
  }
}

test('a foreign user gets nothing at any place where the daemon makes something', async (t) => {
  const { world, directory, victim } = await createPlaces(t)
  let served = 0
  let raced = 0
  for (const place of [...remade, ...kept]) {
    for (const way of ['plant', 'exchange']) {
      for (let round = 0; round < rounds; round++) {
        if (!kept.includes(place)) rmSync(join(directory, place), { recursive: true, force: true })
        const thief = await race(t, 'steal', directory, '-', '-')
        const other = await race(t, way, directory, place, victim)
        raced += 1
        served += (await useOnce(world, round % 2 === 0 ? 'SIGTERM' : 'SIGKILL')) ? 1 : 0
        assert.deepEqual([...(await thief()), ...(await other())], [], `${way} at ${place}`)
        const { mode, uid } = statSync(victim)
        assert.deepEqual([readdirSync(victim), mode & 0o7777, uid], [[], 0o700, 0], place)
        clear(directory)
      }
    }
  }
  t.diagnostic(`${raced} starts were raced, ${served} served all the same`)
  assert.ok(served > raced / 3, 'he kept it from most of its work')
  assert.ok(await useOnce(world, 'SIGTERM'), 'it serves when he is gone')
})
