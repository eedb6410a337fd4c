import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldsOf, originOf } from '../../src/bridge/remote.ts'

for (const [what, one, other, isSame] of [
  ['one user', { uid: 1, address: '127.0.0.1' }, { uid: 1 }, true],
  ['two users', { uid: 1 }, { uid: 2 }, false],
  ['a user and an address', { uid: 1 }, { address: '1' }, false],
  ['two addresses of IPv4', { address: '10.0.0.1' }, { address: '10.0.0.2' }, false],
  [
    'a network of IPv6',
    { address: '2001:db8:1:2::1' },
    { address: '2001:db8:1:2:ffff:ffff:ffff:ffff' },
    true,
  ],
  ['two networks of IPv6', { address: '2001:db8:1:2::1' }, { address: '2001:db8:1:3::1' }, false],
  ['a link', { address: 'fe80::1%lo' }, { address: 'fe80::2%lo' }, true],
] as const) {
  test(`${what}: ${isSame ? 'counted together' : 'counted each'}`, () => {
    assert.equal(originOf(one) === originOf(other), isSame)
  })
}

test('the log says who it is, without the numbers of groups', () => {
  const remote = { uid: 1, gid: 2, groups: [3], pid: 4 }
  assert.deepEqual(fieldsOf('SMTP', remote), { protocol: 'SMTP', uid: 1, pid: 4 })
})
