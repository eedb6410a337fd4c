/**
 * A provider that gives a new refresh token with each refresh, and ends the sign-in when an old one
 * comes back (RFC 9700, section 4.14.2): none may come back, whatever is killed and when.
 */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:https'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runClient, startDaemon } from '../support/daemon.ts'
import { assertResult } from '../support/golden.ts'
import {
  assertNoneIsOld,
  killRenewer,
  outcomeOf,
  startRotation,
  stateOf,
} from '../support/rotation.ts'
import { signIn, type World } from '../support/world.ts'

const shapes = ['office365', 'gmail', 'oidc'] as const

/** Presents a refresh token as somebody who has stolen it would; the answer's `error`. */
async function present({ provider }: World, refreshToken: string): Promise<string | undefined> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'test-client',
    refresh_token: refreshToken,
  })
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const agent = new Agent({ ca: provider.certificates.ca })
    const sent = request(
      `${provider.url}/token`,
      { method: 'POST', headers, agent },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => resolve((JSON.parse(body) as { error?: string }).error))
      },
    )
    sent.on('error', reject).end(form.toString())
  })
}

for (const shape of shapes) {
  test(`${shape}: a hundred refreshes and restarts in between present the newest each time`, async (t) => {
    const running = await startRotation(t, shape)
    const { world } = running
    for (let count = 1; count <= 100; count++) {
      const refreshed = running.daemon.control.refresh(world.user)
      if (count % 25 === 0) {
        refreshed.catch(() => {})
        assert.equal(await running.daemon.stop(), 0)
        running.daemon = await startDaemon(world.home)
      } else {
        await refreshed
      }
    }
    await running.daemon.control.refresh(world.user)
    const { exchanges } = world.provider.refreshes
    assertNoneIsOld(exchanges)
    assert.ok(exchanges.length >= 98)
    assert.equal(await stateOf(running.daemon), 'active')
  })

  test(`${shape}: where the answer is lost on its way, a sign-in is asked for at the second refusal`, async (t) => {
    const { world, daemon } = await startRotation(t, shape)
    const { port, refreshes } = world.provider
    refreshes.beforeNextAnswer((connection) => connection.destroy())
    const refresh = () => runClient(world.home, ['refresh', world.user])
    const errno = 'ECONNRESET'
    assertResult(await refresh(), 75, 'an answer that is lost', {
      port: `localhost:${port}`,
      errno,
    })
    assert.equal(await stateOf(daemon), 'backing_off')
    const names = {
      login: `cms-oauth login ${world.user}`,
      user: world.user,
      error: 'invalid_grant',
    }
    for (const state of ['backing_off', 'sign_in_required']) {
      assertResult(await refresh(), 77, 'the next refusal', names)
      assert.equal(await stateOf(daemon), state)
    }
    assert.deepEqual(
      refreshes.exchanges.map(({ issued }) => issued !== undefined),
      [true, true, false, false],
    )
    assert.equal((await signIn(world, daemon)).event, 'completed')
    await daemon.control.refresh(world.user)
    assert.equal(await stateOf(daemon), 'active')
  })
}

// What is killed is the same for all: one of a library, and one of none.
for (const shape of ['office365', 'oidc'] as const) {
  test(`${shape}: a daemon killed at any moment of a refresh costs no sign-in`, async (t) => {
    const running = await startRotation(t, shape)
    const { world } = running
    world.provider.refreshes.beforeNextAnswer(() => running.daemon.stop('SIGKILL'))
    await outcomeOf(running.daemon, world.user)
    running.daemon = await startDaemon(world.home)
    for (let moment = 0; moment < 7; moment++) {
      running.daemon.control.refresh(world.user).catch(() => {})
      await delay(moment ** 2 * 8)
      await running.daemon.stop('SIGKILL')
      running.daemon = await startDaemon(world.home)
    }
    await running.daemon.control.refresh(world.user)
    assertNoneIsOld(world.provider.refreshes.exchanges)
    assert.equal(await stateOf(running.daemon), 'active')
  })

  test(`${shape}: a killed renewer costs the sign-in only where it died with the answer`, async (t) => {
    const running = await startRotation(t, shape)
    const { world } = running
    const { exchanges } = world.provider.refreshes
    for (let moment = 0; moment < 8; moment++) {
      exchanges.splice(0, exchanges.length - 1)
      const refreshed = outcomeOf(running.daemon, world.user)
      await delay(moment ** 2 * 8)
      await killRenewer(running, moment % 2 === 1)
      const first = await refreshed
      let next = await outcomeOf(running.daemon, world.user)
      // The death of an idle renewer may be noticed only by the job that it is given.
      if (next === 'provider_unavailable') next = await outcomeOf(running.daemon, world.user)
      if (next === 'refreshed') {
        assertNoneIsOld(exchanges)
        continue
      }
      const [, lost, refusal] = exchanges
      assertNoneIsOld(exchanges.slice(0, 2))
      assert.deepEqual([refusal?.presented, refusal?.issued], [lost?.presented, undefined])
      assert.deepEqual([first === 'refreshed', next], [false, 'sign_in_required'])
      await outcomeOf(running.daemon, world.user)
      assert.equal(await stateOf(running.daemon), 'sign_in_required')
      assert.equal((await signIn(world, running.daemon)).event, 'completed')
    }
  })
}

test('an imported refresh token is presented once; who presents it again ends the sign-in', async (t) => {
  const { world, daemon } = await startRotation(t, 'office365')
  const { refreshes } = world.provider
  const foreign = refreshes.newest()
  assert.equal((await runClient(world.home, ['logout', world.user])).status, 0)
  assert.equal((await runClient(world.home, ['import', world.user], foreign)).status, 0)
  for (let count = 0; count < 10; count++) await daemon.control.refresh(world.user)
  assert.equal(refreshes.exchanges.length, 12)
  assertNoneIsOld(refreshes.exchanges)
  const newest = refreshes.newest()
  assert.equal(await present(world, foreign), 'invalid_grant')
  assert.equal(await present(world, newest), 'invalid_grant')
  const refused = { code: 'sign_in_required', message: /user@example\.com/ }
  await assert.rejects(daemon.control.refresh(world.user), refused)
  await assert.rejects(daemon.control.refresh(world.user), refused)
  assert.equal(await stateOf(daemon), 'sign_in_required')
})
