import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SocketWatch } from '../../src/daemon/socket-watch.ts'
import { StoreLockedError } from '../../src/errors.ts'
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
