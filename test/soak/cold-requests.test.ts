/**
 * 1,000 requests at once to a daemon that has a grant and no token yet: one refresh, and all of them
 * get its token. Takes seconds.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { open, readAll } from '../daemon/socket/token-socket.ts'
import { startDaemon } from '../support/daemon.ts'
import { gate } from '../support/jobs.ts'
import { startSignedInWorld } from './signed-in-world.ts'

const requests = 1_000

test('1,000 cold requests at once cost one refresh', async (t) => {
  const world = await startSignedInWorld(t)
  const { home, server, user } = world
  await world.daemon.stop()
  const { length } = server.received
  const { passed, open: answer } = gate()
  const body = { access_token: 'shared', token_type: 'Bearer', expires_in: 3_600 }
  server.answer({ status: 200, body, when: passed })
  world.daemon = await startDaemon(home)
  const begun = performance.now()
  const sockets = await Promise.all(
    Array.from({ length: requests }, async () => {
      const socket = await open(home.tokenSocket)
      socket.end(`SMTP,token ${user}`)
      return socket
    }),
  )
  while (server.received.length === length) await delay(1)
  answer()
  const answers = new Set(await Promise.all(sockets.map(readAll)))
  t.diagnostic(
    `${requests} requests, ${server.received.length - length} refresh, all answered after ` +
      `${(performance.now() - begun).toFixed(0)} ms`,
  )
  assert.deepEqual(answers, new Set(['shared']))
  assert.equal(server.received.length, length + 1)
})
