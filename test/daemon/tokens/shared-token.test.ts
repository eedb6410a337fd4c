/** A token that hosts share: which one is taken, when its successor is due, and what waits for another host. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sharedRefreshDelayMs } from '../../../src/daemon/tokens/refresh-policy.ts'
import { shownState } from '../../../src/daemon/tokens/shown-state.ts'
import type { Later } from '../../../src/daemon/tokens/token-state.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { expectedError } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { hour, minute, served, settled, setUp } from './answered-token.ts'

function shared(changes: Partial<FreshToken>): FreshToken {
  return refreshedToken({ lifetimeMs: hour, signedInAt: 1, number: 1, ...changes })
}

describe('a shared token is taken', () => {
  const cases: [name: string, signedInAt: number, number: number, isTaken: boolean][] = [
    ['of the same grant: no', 10, 5, false],
    ['of a later grant: yes', 10, 6, true],
    ['of an earlier grant: no', 10, 4, false],
    ['of a later sign-in, though its number is lower: yes', 11, 1, true],
    ['of an earlier sign-in, though its number is higher: no', 9, 9, false],
  ]
  for (const [name, signedInAt, number, isTaken] of cases) {
    test(name, () => {
      const { token, clock, events } = setUp()
      const expiresAt = clock.wallMs() + hour
      token.acceptShared(shared({ accessToken: 'known', signedInAt: 10, number: 5, expiresAt }))
      events.length = 0
      token.acceptShared(shared({ accessToken: 'shared', signedInAt, number, expiresAt }))
      assert.equal(served(token), isTaken ? 'shared' : 'known')
      assert.deepEqual(events, isTaken ? [{ event: 'token.adopted' }] : [])
    })
  }

  test('of an application, which nobody signs in for: by its number alone', () => {
    const { token, clock } = setUp()
    const expiresAt = clock.wallMs() + hour
    const { signedInAt: _, ...app } = shared({ accessToken: 'one', number: 1, expiresAt })
    token.acceptShared(app)
    token.acceptShared({ ...app, accessToken: 'two', number: 2 })
    token.acceptShared({ ...app, accessToken: 'old', number: 1 })
    assert.equal(served(token), 'two')
  })

  test('after a logout, whatever its number', () => {
    const { token, clock } = setUp()
    const expiresAt = clock.wallMs() + hour
    token.acceptShared(shared({ signedInAt: 10, number: 9, expiresAt }))
    token.forget('logout')
    token.acceptShared(shared({ accessToken: 'new', signedInAt: 10, number: 1, expiresAt }))
    assert.equal(served(token), 'new')
  })

  test('and the answer to a refresh of this host is dropped that was under way', async () => {
    const { token, clock, call } = setUp()
    token.resume()
    await settled()
    token.acceptShared(shared({ accessToken: 'shared', expiresAt: clock.wallMs() + hour }))
    await call(0).succeed('late')
    assert.equal(served(token), 'shared')
  })
})

describe('the next refresh is due', () => {
  const policy = { beforeExpiryMs: 0, random: () => 0 }
  const delayOf = (seed: string, leftMs = hour, random = () => 0) =>
    sharedRefreshDelayMs({ lifetimeMs: hour, leftMs, seed }, { ...policy, random })

  test('at the same moment on all hosts, whenever the token came', () => {
    const first = delayOf('user@example.com 7')
    assert.equal(delayOf('user@example.com 7', hour - 5 * minute), first - 5 * minute)
    assert.notEqual(delayOf('user@example.com 8'), first)
  })

  test('between 50 and 65 % of the life, and up to 3 % later by chance', () => {
    const delays = Array.from({ length: 1_000 }, (_, index) => delayOf(`u${index}@example.com 1`))
    assert.ok(Math.min(...delays) >= 0.5 * hour && Math.min(...delays) < 0.51 * hour)
    assert.ok(Math.max(...delays) <= 0.65 * hour && Math.max(...delays) > 0.64 * hour)
    const seed = 'user@example.com 7'
    assert.equal(Math.round(delayOf(seed, hour, () => 1) - delayOf(seed)), 0.03 * hour)
  })

  test('at once where that has passed, and not more often than every 5 s', () => {
    assert.equal(delayOf('user@example.com 7', 10 * minute), 0)
    const short = { lifetimeMs: 4_000, leftMs: 4_000, seed: 'u 1' }
    assert.equal(sharedRefreshDelayMs(short, policy), 5_000)
  })
})

/** A refresh that is answered so. */
function prepare(later: Partial<Later> = {}) {
  const world = setUp()
  const atMs = world.clock.wallMs() + minute
  const answer: Later = { reason: 'locked', host: 'relay2', atMs, ...later }
  return { ...world, atMs, answerLater: () => world.call(0).later(answer) }
}

describe('while another host has the account', () => {
  test('nothing is an error, no event says so, and the next try is when that host may be done', async () => {
    const { token, atMs, answerLater, events, calls, clock } = prepare()
    token.resume()
    await settled()
    await answerLater()
    assert.deepEqual(events, [{ event: 'token.waiting' }])
    assert.deepEqual([shownState(token), token.nextRefreshAt], ['refreshing', atMs])
    clock.advance(minute)
    token.refreshIfDue()
    await settled()
    assert.equal(calls.length, 2)
  })

  test('the token that is there is served on', async () => {
    const { token, answerLater, clock } = prepare()
    token.acceptShared(shared({ accessToken: 'served', expiresAt: clock.wallMs() + hour }))
    clock.advance(41 * minute)
    token.refreshIfDue()
    await settled()
    await answerLater()
    assert.deepEqual([served(token), shownState(token)], ['served', 'active'])
  })

  test('whoever asks waits for what comes', async () => {
    const { token, answerLater, clock } = prepare()
    token.resume()
    const asked = token.waitForToken()
    await settled()
    await answerLater()
    token.acceptShared(shared({ accessToken: 'shared', expiresAt: clock.wallMs() + hour }))
    assert.equal((await asked).accessToken.reveal(), 'shared')
  })

  for (const reason of ['locked', 'ambiguous'] as const) {
    test(`whoever asks for a refresh by name is told who has it (${reason})`, async () => {
      const { token, answerLater, atMs } = prepare({ reason })
      token.resume()
      const refreshed = assert.rejects(
        token.refreshNow(),
        expectedError('store_locked', `${reason} by another host`, {
          host: 'relay2',
          user: token.account.user,
          at: new Date(atMs).toISOString(),
        }),
      )
      await settled()
      await answerLater()
      await refreshed
    })
  }

  test('a host that only serves says that nobody has renewed it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { token, answerLater } = prepare({ reason: 'served', host: '' })
    token.resume()
    const asked = assert.rejects(
      token.waitForToken(),
      expectedError('store_locked', 'renewed by nobody', { user: token.account.user }),
    )
    await settled()
    await answerLater()
    t.mock.timers.tick(4_000)
    await asked
  })
})

test('until the store was read, whoever asks is told to wait, and then that nobody has signed in', async () => {
  const { token } = setUp({ answerWithinMs: 20 })
  const { user } = token.account
  token.awaitStore()
  assert.equal(token.nextRefreshAt, undefined)
  await assert.rejects(
    token.waitForToken(),
    expectedError('store_locked', 'not read yet', { user }),
  )
  token.endWaiting()
  assert.equal(token.state.name, 'signed_out')
})
