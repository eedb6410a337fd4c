/** Sockets whose names are lost are opened again each on its own, and nothing is once the daemon stops. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Accounts } from '../../src/accounts/accounts.ts'
import { Audit } from '../../src/daemon/audit.ts'
import {
  closeChildListeners,
  lostNames,
  openChildListeners,
} from '../../src/daemon/socket/child-listeners.ts'
import { LazyBridges } from '../../src/daemon/bridge/lazy-bridges.ts'
import { LazyOutboxes } from '../../src/daemon/outbox/lazy-outboxes.ts'
import { ServiceSockets } from '../../src/daemon/service-sockets.ts'
import { TokenSockets } from '../../src/daemon/token-sockets.ts'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { testConfiguration } from '../support/configurations.ts'
import {
  ListLog,
  servedToken,
  socketConfiguration,
  temporaryDirectory,
  user,
} from './socket/token-socket.ts'

const notLoaded = () => Promise.reject(new Error('there is none'))

function prepare(
  t: TestContext,
  bridges = new LazyBridges(notLoaded),
  below: readonly string[] = [],
) {
  const directory = join(temporaryDirectory(t), ...below)
  const paths = ['a', 'b', 'c'].map((name) => join(directory, name))
  const configuration = testConfiguration({
    accounts: [
      { user, provider: 'office365', clientId: 'id', grant: 'authorization_code', saslUser: {} },
    ],
    sockets: paths.map((path) => socketConfiguration({ path, reply: 'token' })),
  })
  const accounts = Accounts.from(configuration)
  const audit = new Audit(new ListLog())
  const tokens = { serve: () => servedToken }
  const tokenSockets = new TokenSockets({ tokens, accounts: () => accounts, inherited: [], audit })
  const sockets = new ServiceSockets(tokenSockets, bridges, new LazyOutboxes(notLoaded), audit)
  t.after(() => sockets.close())
  return { sockets, configuration, paths }
}

async function isServed(path: string): Promise<boolean> {
  return (await askSocket(path, `SMTP ${user}`, 5_000)).length > 0
}

function pick({ mode, uid, gid }: Stats) {
  return { mode, uid, gid }
}

/** Another process's socket in the place of ours. */
async function occupy(t: TestContext, path: string): Promise<void> {
  unlinkSync(path)
  const other = createServer()
  t.after(() => other.close())
  other.listen(path)
  await once(other, 'listening')
}

test('one whose name another process has keeps no other one closed', async (t) => {
  const { sockets, configuration, paths } = prepare(t)
  const [a = '', b = '', c = ''] = paths
  await sockets.apply(configuration)
  const { ino } = lstatSync(c)
  await occupy(t, a)
  unlinkSync(b)
  for (const _ of ['at once', 'later']) {
    await assert.rejects(sockets.restore(configuration), { code: 'store_locked' })
    assert.deepEqual(sockets.lost(), [a])
    assert.ok(await isServed(b))
  }
  assert.equal(lstatSync(c).ino, ino)
  await assert.rejects(sockets.apply(configuration), { code: 'store_locked' })
})

test('a directory that is gone is made again as others could enter it', async (t) => {
  const { sockets, configuration, paths } = prepare(t, undefined, ['run', 'cms-oauth'])
  const [path = ''] = paths
  const directory = dirname(path)
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, 0o751)
  if (process.geteuid?.() === 0) chownSync(directory, 0, 12_345)
  const looks = () => pick(statSync(directory))
  const before = looks()
  await sockets.apply(configuration)
  rmSync(dirname(directory), { recursive: true })
  await sockets.restore(configuration)
  assert.deepEqual(looks(), before)
  assert.ok(await isServed(path))
})

test('the same of bridges', async (t) => {
  const directory = temporaryDirectory(t)
  const [a = '', b = ''] = ['a', 'b'].map((name) => join(directory, name))
  const places = [{ listen: [{ path: a }, { path: b }], mode: 0o600 }]
  const open = await openChildListeners(places, { open: new Map(), inherited: [] })
  t.after(() => closeChildListeners(open))
  await occupy(t, a)
  unlinkSync(b)
  assert.deepEqual(lostNames(open), [a, b])
  const present = { open, inherited: [] }
  await assert.rejects(openChildListeners(places, present), { code: 'store_locked' })
  const now = await openChildListeners(places, { ...present, left: new Set([a]) })
  t.after(() => closeChildListeners(now, open))
  assert.deepEqual(lostNames(now), [a])
  assert.equal(now.get(a), open.get(a))
})

test('what is being opened when the daemon stops is closed with all else, and nothing after it', async (t) => {
  const steps: string[] = []
  const door = new EventEmitter()
  const bridges = {
    lost: () => [],
    prepare: async () => {
      await once(door, 'open')
      return { commit: async () => void steps.push('opened'), rollback: async () => {} }
    },
    close: async () => void steps.push('closed'),
  }
  const { sockets, configuration } = prepare(t, bridges as never)
  const applied = sockets.apply(configuration)
  const closed = sockets.close()
  door.emit('open')
  await Promise.all([applied, closed])
  assert.deepEqual(steps, ['opened', 'closed'])
  await assert.rejects(sockets.apply(configuration), { code: 'daemon_unreachable' })
  assert.deepEqual(sockets.lost(), [])
})

test('closes what listens once, however often it is told to', async (t) => {
  let count = 0
  const bridges = new LazyBridges(notLoaded)
  t.mock.method(bridges, 'close', () => Promise.resolve((count += 1)))
  const { sockets } = prepare(t, bridges)
  await Promise.all([sockets.close(), sockets.close()])
  await sockets.close()
  assert.equal(count, 1)
})
