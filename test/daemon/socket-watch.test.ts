import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { SocketWatch } from '../../src/daemon/socket-watch.ts'
import { DaemonUnreachableError, StoreLockedError } from '../../src/errors.ts'
import { ListLog } from './socket/token-socket.ts'

test('what is lost is told once, tried at each look, and told when it is there again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const log = new ListLog()
  let lost: string[] = []
  let isTaken = true
  const watch = new SocketWatch({
    lost: async () => lost,
    restore: async () => {
      if (isTaken) throw new StoreLockedError('somebody listens there', { hint: 'stop it' })
      lost = []
    },
    log,
    everyMs: 1_000,
  })
  t.after(() => watch.stop())
  const events = async () => {
    t.mock.timers.tick(1_000)
    await new Promise(setImmediate)
    return log.lines.splice(0).map(({ event }) => event)
  }
  assert.deepEqual(await events(), [])
  lost = ['/run/a', '/run/b']
  assert.deepEqual(await events(), ['socket.lost', 'socket.lost', 'socket.not_restored'])
  assert.deepEqual(await events(), [])
  isTaken = false
  assert.deepEqual(await events(), ['socket.restored', 'socket.restored'])
  assert.deepEqual(await events(), [])
  lost = ['/run/a']
  assert.deepEqual(await events(), ['socket.lost', 'socket.restored'])
})

test('what is under way when it stops is not logged any more', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  for (const isRefused of [true, false]) {
    const log = new ListLog()
    const door = new EventEmitter()
    let isClosed = false
    const watch = new SocketWatch({
      lost: async () => (isClosed ? [] : ['/run/a']),
      restore: async () => {
        isClosed = true
        await once(door, 'open')
        if (isRefused) throw new DaemonUnreachableError('the daemon is stopping')
      },
      log,
      everyMs: 1_000,
    })
    t.mock.timers.tick(1_000)
    await new Promise(setImmediate)
    watch.stop()
    log.lines.length = 0
    door.emit('open')
    await new Promise(setImmediate)
    assert.deepEqual(log.lines, [])
  }
})
