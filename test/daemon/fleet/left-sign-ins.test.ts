import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeftSignIns } from '../../../src/daemon/fleet/left-sign-ins.ts'
import { StoreLockedError } from '../../../src/errors.ts'
import type { RecordSummary } from '../../../src/messages/renewer-jobs.ts'

test('a store that cannot be read is asked again, with all that came meanwhile, and told of once', async (t) => {
  const asked: (readonly string[])[] = []
  let unread = 0
  // Nothing else keeps the process alive.
  const clock = setInterval(() => {}, 1_000)
  t.after(() => clearInterval(clock))
  const found = await new Promise<RecordSummary[]>((onFound) => {
    const left = new LeftSignIns({
      read: async (users) => {
        asked.push(users)
        if (asked.length < 3) throw new StoreLockedError('etcd is away')
        return users.map((user) => ({ user, signedInAt: 1, refreshedAt: 2 }))
      },
      onFound,
      onUnread: () => (unread += 1),
      pauses: { shortestMs: 1, longestMs: 2 },
    })
    t.after(() => left.stop())
    left.look('a@example.com')
    left.look('b@example.com')
  })
  assert.deepEqual(
    found.map(({ user }) => user),
    ['b@example.com', 'a@example.com'],
  )
  assert.deepEqual([unread, asked[0]], [1, ['a@example.com']])
})

const answers: Record<string, () => RecordSummary[]> = {
  'was read': () => [{ user: 'a@example.com', signedInAt: 1, refreshedAt: 2 }],
  'cannot be read': () => {
    throw new StoreLockedError('etcd is away')
  },
}
for (const [name, answer] of Object.entries(answers)) {
  test(`after the end nobody is told that the store ${name}, and it is not asked again`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let asked = 0
    const told: string[] = []
    const left = new LeftSignIns({
      read: async () => {
        asked += 1
        await new Promise(setImmediate)
        return answer()
      },
      onFound: () => told.push('found'),
      onUnread: () => told.push('unread'),
      pauses: { shortestMs: 1, longestMs: 2 },
    })
    left.look('a@example.com')
    left.stop()
    for (const _ of [1, 2]) await new Promise(setImmediate)
    t.mock.timers.tick(1_000)
    assert.deepEqual([asked, told], [1, []])
  })
}
