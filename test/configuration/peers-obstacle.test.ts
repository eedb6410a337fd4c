import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeCaller } from '../../src/configuration/local-listener.ts'
import { peersObstacle } from '../../src/configuration/peers-obstacle.ts'
import { assertError } from '../support/golden.ts'

const port = { host: '127.0.0.1', port: 1587 }
const refuse = () => {
  throw Object.assign(new Error('socket: EAFNOSUPPORT'), { errno: 97, code: 'EAFNOSUPPORT' })
}

test('who may not ask the kernel about ports is told, with the next step', () => {
  const callers: BridgeCaller[] = ['peer']
  const obstacle = peersObstacle({ callers, listen: [port] }, refuse)
  assertError(obstacle, 'config_invalid', 'who may not ask the kernel about ports', {
    errno: 'EAFNOSUPPORT',
    family: 'AF_NETLINK',
  })
})

test('there is no obstacle where the kernel answers, or nobody asks it', () => {
  assert.equal(peersObstacle({ callers: ['peer'], listen: [port] }), undefined)
  assert.equal(peersObstacle({ callers: ['password'], listen: [port] }, refuse), undefined)
  assert.equal(
    peersObstacle({ callers: ['peer'], listen: [{ path: '/run/b' }] }, refuse),
    undefined,
  )
})
