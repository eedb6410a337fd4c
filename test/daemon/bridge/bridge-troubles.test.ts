import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BridgeTroubles } from '../../../src/daemon/bridge/bridge-troubles.ts'

const refused = {
  protocol: 'SMTP',
  user: 'user@example.com',
  caller: 'printer',
  message: 'no server',
}

function troublesAt() {
  const clock = { now: Date.parse('2026-11-29T10:00:00Z') }
  return { clock, troubles: new BridgeTroubles(() => clock.now) }
}

test('each kind is told once, with how often and when, the latest first, for an hour', () => {
  const { clock, troubles } = troublesAt()
  troubles.note('bridge.refused', { ...refused, hint: 'start it' })
  troubles.note('bridge.stray', { protocol: 'IMAP', address: '192.168.7.9', reason: 'a web page?' })
  clock.now += 60_000
  troubles.note('bridge.refused', { ...refused, hint: 'start it' })
  troubles.note('bridge.closed', refused)
  const told = troubles.recent()
  assert.deepEqual(told[0], {
    protocol: 'SMTP',
    who: '"printer"',
    user: 'user@example.com',
    message: 'no server',
    hint: 'start it',
    count: 2,
    last_at: '2026-11-29T10:01:00.000Z',
  })
  assert.deepEqual(
    told.map(({ who, user, message }) => [who, user, message]),
    [
      ['"printer"', 'user@example.com', 'no server'],
      ['192.168.7.9', null, 'a web page?'],
    ],
  )
  clock.now += 60 * 60_000
  assert.deepEqual(troubles.recent().length, 1)
  clock.now += 1
  assert.deepEqual(troubles.recent(), [])
})

test('a login ends what was wrong with its account, and a new configuration all but what lasts', () => {
  const { troubles } = troublesAt()
  troubles.note('bridge.refused', { ...refused, caller: 'peer', uid: 33 })
  troubles.note('bridge.refused', { ...refused, protocol: 'IMAP' })
  troubles.note('bridge.peers_unknown', { message: 'the kernel does not say', hint: 'AF_NETLINK' })
  assert.equal(troubles.recent().at(-1)?.who, 'uid 33')
  troubles.note('bridge.login', { protocol: 'SMTP', user: 'user@example.com' })
  assert.deepEqual(
    troubles.recent().map(({ message }) => message),
    ['the kernel does not say', 'no server'],
  )
  troubles.forget()
  assert.deepEqual(
    troubles.recent().map(({ hint }) => hint),
    ['AF_NETLINK'],
  )
})

test('a login ends what kept its program out before, but not a trial, nor that of another', () => {
  const { troubles } = troublesAt()
  const login = { protocol: 'SMTP', user: 'user@example.com' }
  const wrong = { protocol: 'SMTP', reason: 'wrong' }
  troubles.note('bridge.refused', { ...wrong, address: '127.0.0.1', uid: 33 })
  troubles.note('bridge.refused', { ...wrong, address: '192.168.7.9' })
  for (const fields of [
    { ...login, caller: 'cms-oauth doctor', address: '127.0.0.1', uid: 33 },
    { ...login, caller: 'php', address: '127.0.0.1', uid: 34 },
    { ...login, caller: 'php', address: '127.0.0.1', uid: 33, protocol: 'IMAP' },
  ]) {
    troubles.note('bridge.login', fields)
    assert.equal(troubles.recent().length, 2)
  }
  troubles.note('bridge.login', { ...login, caller: 'php', address: '127.0.0.1', uid: 33 })
  assert.deepEqual(
    troubles.recent().map(({ who }) => who),
    ['192.168.7.9'],
  )
  troubles.note('bridge.login', { ...login, caller: 'printer', address: '192.168.7.9' })
  assert.deepEqual(troubles.recent(), [])
})

test('strangers cannot fill the memory', () => {
  const { troubles } = troublesAt()
  for (let host = 0; host < 1_000; host++) {
    troubles.note('bridge.stray', { address: `192.168.7.${host}`, reason: 'a web page?' })
  }
  assert.equal(troubles.recent().length, 50)
  assert.equal(troubles.recent()[0]?.who, '192.168.7.999')
})
