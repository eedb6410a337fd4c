import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  announceReload,
  matchInheritedSocket,
  serviceDirectory,
  createWatchdog,
  takeInheritedSockets,
  withMoreTime,
} from '../../src/daemon/systemd.ts'
import { notifySystemd } from '../../src/kernel/sd-notify.ts'
import { gate } from '../support/jobs.ts'
import { openDatagramSocket, receiveDatagram } from '../support/unix-socket.ts'
import { assertSentence, expectedError } from '../support/golden.ts'

test('sockets meant for another process are left to it, and their variables go all the same', () => {
  const env = { LISTEN_PID: '1', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b', HOME: '/home' }
  assert.deepEqual(takeInheritedSockets(env, 2), [])
  assert.deepEqual(env, { HOME: '/home' })
})

test('no socket is passed where nobody counts them', () => {
  for (const count of [undefined, '', '0', 'many']) {
    const env = { LISTEN_PID: '7', ...(count === undefined ? {} : { LISTEN_FDS: count }) }
    assert.deepEqual(takeInheritedSockets(env, 7), [])
  }
})

test('what does not listen is refused with the next step', () => {
  // In a process of its own, whose descriptor 3 is known.
  const script = `import { takeInheritedSockets } from './src/daemon/systemd.ts'
    try { takeInheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'exim' }, 7) }
    catch ({ code, message, hint }) { console.log([code, message, hint].join('|')) }`
  const { stdout } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { cwd: join(import.meta.dirname, '..', '..'), stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  )
  assertSentence(stdout.toString(), 'what does not listen is refused with the next step', {
    name: 'exim',
  })
})

test('a socket is matched by its name, else by its path', () => {
  const exim = { fd: 3, name: 'exim', address: { path: '/run/a.sock' } }
  const other = { fd: 4, name: 'cms-oauthd.socket', address: { path: '/run/b.sock' } }
  const sockets = [exim, other]
  assert.equal(matchInheritedSocket(sockets, { name: 'exim', path: '/run/b.sock' }), exim)
  assert.equal(matchInheritedSocket(sockets, { name: 'msmtp', path: '/run/b.sock' }), other)
  assert.equal(matchInheritedSocket(sockets, { path: '/run/a.sock' }), exim)
  assert.equal(matchInheritedSocket(sockets, { path: '/run/c.sock' }), undefined)
  const port = { fd: 5, name: 'port', address: { host: '127.0.0.1', port: 25 } }
  assert.throws(
    () => matchInheritedSocket([port], { name: 'port', path: '/run/c.sock' }),
    expectedError('config_invalid', 'a socket is not a port', { where: '127.0.0.1:25' }),
  )
})

/** A datagram socket of systemd's kind, and the environment that names it. */
function supervise(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  const path = join(directory, 'notify')
  const fd = openDatagramSocket(path)
  t.after(() => {
    closeSync(fd)
    rmSync(directory, { recursive: true })
  })
  return { fd, env: { NOTIFY_SOCKET: path } }
}

test('the watchdog is told at half of its interval, until it is stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { fd, env } = supervise(t)
  const watchdog = createWatchdog({ ...env, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7)
  watchdog.start()
  t.mock.timers.tick(14_999)
  notifySystemd('early', env)
  assert.equal(await receiveDatagram(fd), 'early')
  t.mock.timers.tick(1)
  assert.equal(await receiveDatagram(fd), 'WATCHDOG=1')
  watchdog.stop()
  t.mock.timers.tick(60_000)
  notifySystemd('late', env)
  assert.equal(await receiveDatagram(fd), 'late')
})

test('no watchdog is told that nobody or another process requires', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { fd, env } = supervise(t)
  createWatchdog(env, 7).start()
  createWatchdog({ ...env, WATCHDOG_USEC: '0' }, 7).start()
  createWatchdog({ ...env, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7).start()
  t.mock.timers.tick(60_000)
  notifySystemd('end', env)
  assert.equal(await receiveDatagram(fd), 'end')
})

test('a reload is announced, its result handed on, and its failure too', async (t) => {
  const { fd, env } = supervise(t)
  assert.equal(await announceReload(env, () => Promise.resolve('result')), 'result')
  assert.match(await receiveDatagram(fd), /^RELOADING=1\nMONOTONIC_USEC=\d+$/)
  assert.equal(await receiveDatagram(fd), 'READY=1')
  const failure = announceReload(env, () => Promise.reject(new Error('a bad file')))
  await assert.rejects(failure, { message: 'a bad file' })
  assert.match(await receiveDatagram(fd), /^RELOADING=1/)
  assert.equal(await receiveDatagram(fd), 'READY=1')
})

test('a stop that takes its time asks for more of it, until it is over', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { fd, env } = supervise(t)
  const { passed, open } = gate()
  const stopped = withMoreTime(env, () => passed)
  assert.equal(await receiveDatagram(fd), 'EXTEND_TIMEOUT_USEC=30000000')
  t.mock.timers.tick(10_000)
  assert.equal(await receiveDatagram(fd), 'EXTEND_TIMEOUT_USEC=30000000')
  open()
  await stopped
  t.mock.timers.tick(60_000)
  notifySystemd('end', env)
  assert.equal(await receiveDatagram(fd), 'end')
})

test('the directory that systemd made below /run is known by its variable', () => {
  assert.equal(serviceDirectory({ RUNTIME_DIRECTORY: '/run/a:/run/b' }), '/run/a')
  assert.equal(serviceDirectory({ RUNTIME_DIRECTORY: '' }), undefined)
  assert.equal(serviceDirectory({}), undefined)
})
