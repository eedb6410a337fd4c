/** What a host has seen of a store that hosts share: it knows an older one after a restart, too. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { SeenGrants } from '../../../src/daemon/fleet/seen-grants.ts'
import { createParts } from '../../../src/daemon/broker/broker-parts.ts'
import { openSeenGrants } from '../../../src/daemon/fleet/open-seen-grants.ts'
import { noteSeen, withSeen } from '../../../src/daemon/fleet/with-seen-grants.ts'
import type { GrantStage } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import {
  testAccountConfiguration,
  testConfiguration,
  testEtcdStore,
} from '../../support/configurations.ts'

const user = 'user@example.com'
const turn = () => new Promise(setImmediate)
const first = { signedInAt: 1_000, number: 5 }

function begin(t: TestContext) {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'seen-'))
  t.after(() => rmSync(stateDirectory, { recursive: true, force: true }))
  const events: string[] = []
  const log = {
    debug: () => {},
    info: () => {},
    warn: (event: string) => void events.push(event),
    error: () => {},
  }
  const options = { stateDirectory, owners: [user], log, gatherMs: 1 }
  const open = (changes: object = {}) => new SeenGrants({ ...options, ...changes })
  return { stateDirectory, path: join(stateDirectory, 'seen-grants'), events, log, open }
}

test('what was seen is known after a restart, by whatever it ended with', async (t) => {
  const { open, path, events } = begin(t)
  const seen = open()
  seen.note(user, first)
  seen.stop()
  assert.deepEqual(open().find(user), first)
  const killed = open()
  killed.note(user, { ...first, number: 6 })
  const before = statSync(path).size
  while (statSync(path).size === before) await new Promise(setImmediate)
  assert.equal(open().find(user)?.number, 6)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(events, [])
})

test('a later grant takes the place of an earlier one, and a later sign-in that of all before', (t) => {
  const { open } = begin(t)
  const seen = open()
  const later = { signedInAt: 2_000, number: 1 }
  for (const stage of [first, { ...first, number: 4 }]) seen.note(user, stage)
  assert.deepEqual(seen.find(user), first)
  for (const stage of [later, { ...first, number: 9 }]) seen.note(user, stage)
  assert.deepEqual(seen.find(user), later)
  seen.stop()
  assert.deepEqual(open().find(user), later)
})

test('a line that was half written, or is something else, counts as none', (t) => {
  const { open, path } = begin(t)
  const seen = open()
  seen.note(user, first)
  seen.stop()
  for (const torn of ['\n{"user":"user@exa', '\n7', '\n{"user":"user@example.com","number":99}']) {
    appendFileSync(path, torn)
  }
  const next = open()
  assert.deepEqual(next.find(user), first)
  appendFileSync(path, '\n{"user":"us')
  next.note(user, { ...first, number: 6 })
  next.stop()
  assert.equal(open().find(user)?.number, 6)
})

test('who is not configured any more has no place in it', (t) => {
  const { open, path } = begin(t)
  const seen = open()
  seen.note('other@example.com', first)
  seen.stop()
  assert.equal(open().find('other@example.com'), undefined)
  assert.equal(readFileSync(path, 'utf8'), '')
})

test('it does not grow without end', async (t) => {
  const { open, path } = begin(t)
  const seen = open({ mostOldLines: 10 })
  const written = () => readFileSync(path, 'utf8')
  for (let number = 1; number <= 40; number++) {
    seen.note(user, { ...first, number })
    while (!written().includes(`"number":${number}}`)) await new Promise(setImmediate)
    assert.equal(written().split('\n').length <= 15, true)
  }
  seen.stop()
  assert.equal(open().find(user)?.number, 40)
  assert.equal(written().split('\n').length, 2)
})

test('a file that others may read is not believed, and a disk that refuses costs a line of the log', (t) => {
  const { open, path, events, stateDirectory } = begin(t)
  const seen = open()
  seen.note(user, first)
  seen.stop()
  chmodSync(path, 0o644)
  assert.equal(open().find(user), undefined)
  rmSync(stateDirectory, { recursive: true })
  const lost = open()
  lost.note(user, first)
  lost.stop()
  assert.deepEqual(lost.find(user), first)
  assert.deepEqual(events, ['fleet.seen_unwritten', 'fleet.seen_unwritten', 'fleet.seen_unwritten'])
})

test('it is believed at any size that it has, and one that is larger is replaced', (t) => {
  const { open, path, events } = begin(t)
  const line = (number: number) => `\n${JSON.stringify({ user, signed_in_at: 1_000, number })}`
  writeFileSync(path, Array.from({ length: 5_000 }, (_, index) => line(index)).join(''), {
    mode: 0o600,
  })
  assert.equal(open().find(user)?.number, 4_999)
  truncateSync(path, 100 * 1024 * 1024)
  const seen = open()
  assert.equal(seen.find(user), undefined)
  assert.deepEqual(events, ['fleet.seen_unwritten'])
  seen.note(user, first)
  seen.stop()
  assert.deepEqual(open().find(user), first)
  assert.equal(statSync(path).size < 100, true)
})

test('something else under its name is replaced, and holds up nobody', async (t) => {
  const { open, path, stateDirectory } = begin(t)
  const other = join(stateDirectory, 'other')
  const places = {
    fifo: () => execFileSync('mkfifo', [path]),
    link: () => symlinkSync(other, path),
    socket: () => createServer().listen(path).unref(),
    open: () => writeFileSync(path, 'x', { mode: 0o644 }),
  }
  for (const [place, make] of Object.entries(places)) {
    rmSync(path, { force: true })
    make()
    for (const end of ['stopped', 'killed']) {
      const seen = open()
      seen.note(user, first)
      if (end === 'stopped') seen.stop()
      else while (!lstatSync(path).isFile() || lstatSync(path).size < 10) await turn()
      assert.deepEqual(open().find(user), first, `${place} ${end}`)
      assert.equal(existsSync(other), false)
      if (end === 'stopped') rmSync(path)
      if (end === 'stopped') make()
    }
  }
})

test('what a disk did not take is written with what comes next', async (t) => {
  const { open, path, events } = begin(t)
  const others = ['b@example.com', 'c@example.com']
  const options = { owners: [user, ...others] }
  const seen = open(options)
  rmSync(path)
  mkdirSync(path)
  seen.note(user, first)
  while (events.length === 0) await turn()
  rmdirSync(path)
  seen.note('b@example.com', first)
  while (!existsSync(path)) await turn()
  assert.deepEqual(open(options).find(user), first)
  assert.deepEqual(open(options).find('b@example.com'), first)
})

test('only what a strict provider gave is noted, and only where hosts share the store', (t) => {
  const { open, log, stateDirectory } = begin(t)
  const [strict, lenient] = ['strict', 'lenient'].map((rotation) =>
    testAccount({ user, rotation: rotation as 'strict' }),
  )
  assert.ok(strict !== undefined && lenient !== undefined)
  const history = { newest: { ...first } } as never
  const seen = open()
  noteSeen({ account: lenient, history }, seen)
  assert.equal(seen.find(user), undefined)
  noteSeen({ account: strict, history }, seen)
  assert.deepEqual(withSeen(strict, { hasToken: false }, seen).newest, first)
  const newer = { ...first, number: 6 }
  assert.deepEqual(withSeen(strict, { hasToken: true, newest: newer }, seen).newest, newer)
  assert.deepEqual(withSeen(strict, { hasToken: false }, undefined), { hasToken: false })
  const files = { kind: 'files', stateDirectory } as never
  assert.equal(openSeenGrants(files, [strict], log), undefined)
})

test('what another host got is noted, and told to the renewers, which may be about to present what is older', (t) => {
  const { log, stateDirectory } = begin(t)
  const told: [string, GrantStage][] = []
  const parts = createParts({
    configuration: testConfiguration({
      accounts: [testAccountConfiguration(user, { rotation: 'strict' })],
      store: testEtcdStore({ stateDirectory }),
    }),
    renewer: { noteSeen: (...one: [string, GrantStage]) => void told.push(one) } as never,
    counters: { countTokenEvent: () => {} },
    log: log as never,
    openSeenGrants,
  })
  t.after(() => {
    parts.keeper.stop()
    parts.seen?.stop()
  })
  const expiresAt = Date.now() + 3_600_000
  const token = { accessToken: 'a', fingerprint: 'f', expiresAt, scopes: [], isDurable: true }
  parts.keeper.get(user).acceptShared({ ...token, ...first })
  assert.deepEqual(told, [[user, first]])
  assert.deepEqual(parts.seen?.find(user), first)
})
