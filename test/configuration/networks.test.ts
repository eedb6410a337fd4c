import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  areInConflict,
  isBeyondLoopback,
  parseTcpAddress,
} from '../../src/configuration/listen-address.ts'
import { createNetworkTest, parseNetwork } from '../../src/configuration/networks.ts'

test('an address is in its network, however it is written', () => {
  const isIn = createNetworkTest(['192.168.7.0/24', '10.1.2.3/32', 'fd12::/16', 'fe80::/10'])
  const addresses: [string, boolean][] = [
    ['192.168.7.0', true],
    ['192.168.7.255', true],
    ['::ffff:192.168.7.9', true],
    ['192.168.8.0', false],
    ['::ffff:192.168.8.0', false],
    ['10.1.2.3', true],
    ['10.1.2.4', false],
    ['fd12:0:0:0:0:0:0:1', true],
    ['fd13::1', false],
    ['fe80::1%eth0', true],
    ['::1', false],
    ['', false],
    ['printer', false],
  ]
  for (const [address, expected] of addresses) assert.equal(isIn(address), expected, address)
  assert.equal(createNetworkTest([])('192.168.7.1'), false)
})

test('networks are written in one way', () => {
  const texts = [
    '192.168.7.0/24',
    '10.1.2.3',
    'FD12:0::/16',
    'fe80::1',
    '::ffff:10.0.0.1',
    '172.31.0.0/16',
  ]
  assert.deepEqual(
    texts.map((text) => parseNetwork(text)),
    [
      '192.168.7.0/24',
      '10.1.2.3/32',
      'fd12::/16',
      'fe80::1/128',
      '10.0.0.1/32',
      '172.31.0.0/16',
    ].map((network) => ({ network })),
  )
})

test('an address of IPv6 that means this machine or IPv4 is known as such', () => {
  const parsed = ['[0:0:0:0:0:0:0:1]:25', '[::ffff:127.0.0.1]:25', '[fe80::1%eth0]:25', '[::]:25']
  const addresses = parsed.map((text) => parseTcpAddress(text))
  assert.deepEqual(
    addresses.map((address) => address?.host),
    ['::1', '127.0.0.1', 'fe80::1%eth0', '::'],
  )
  assert.deepEqual(
    addresses.map((address) => address && isBeyondLoopback(address)),
    [false, false, true, true],
  )
})

const at = (host: string, port = 25) => ({ host, port })

test('all addresses of a port are in conflict with each of them', () => {
  assert.ok(areInConflict(at('::'), at('127.0.0.1')))
  assert.ok(areInConflict(at('0.0.0.0'), at('10.0.0.1')))
  assert.ok(!areInConflict(at('0.0.0.0'), at('::1')))
  assert.ok(!areInConflict(at('::'), at('::1', 26)))
  assert.ok(!areInConflict({ path: '/a' }, at('::')))
})
