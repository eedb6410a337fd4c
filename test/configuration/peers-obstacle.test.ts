import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeCaller } from '../../src/configuration/local-listener.ts'
import { peersObstacle } from '../../src/configuration/peers-obstacle.ts'

const port = { host: '127.0.0.1', port: 1587 }
const refuse = () => {
  throw Object.assign(new Error('socket: EAFNOSUPPORT'), { errno: 97, code: 'EAFNOSUPPORT' })
}

test('who may not ask the kernel about ports is told, with the next step', () => {
  const callers: BridgeCaller[] = ['peer']
  const obstacle = peersObstacle({ callers, listen: [port] }, refuse)
  assert.equal(obstacle?.code, 'config_invalid')
  assert.match(obstacle.message, /EAFNOSUPPORT/)
  assert.match(obstacle.hint, /AF_NETLINK to RestrictAddressFamilies=/)
})

test('there is no obstacle where the kernel answers, or nobody asks it', () => {
  assert.equal(peersObstacle({ callers: ['peer'], listen: [port] }), undefined)
  assert.equal(peersObstacle({ callers: ['password'], listen: [port] }, refuse), undefined)
  assert.equal(
    peersObstacle({ callers: ['peer'], listen: [{ path: '/run/b' }] }, refuse),
    undefined,
  )
})
