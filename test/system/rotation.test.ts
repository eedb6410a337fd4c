/**
 * A provider that gives a new refresh token with each refresh, and ends the sign-in when an old one
 * comes back (RFC 9700, section 4.14.2): none may come back, whatever is killed and when.
 */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:https'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { testClientId } from '../support/authorization-clients.ts'
import { runClient, startDaemon } from '../support/daemon.ts'
import { assertResult } from '../support/golden.ts'
import type { TokenExchange } from '../support/record-refreshes.ts'
import {
  assertNoneIsOld,
  killRenewer,
  outcomeOf,
  type Running,
  startRotation,
  stateOf,
} from '../support/rotation.ts'
import { accountToml, createWorld, signIn, type World } from '../support/world.ts'

const shapes = ['office365', 'gmail', 'oidc'] as const
type Shape = (typeof shapes)[number]
/** By which the server's record tells them apart. */
const clientIds = {
  office365: testClientId,
  gmail: `${testClientId}-post`,
  oidc: `${testClientId}-basic`,
} as const satisfies Record<Shape, string>

/** A world with an account of each of several shapes, and the daemon that runs in it now. */
type Fleet = Running

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

/** One daemon with an account of each shape, all signed in. */
async function startFleet(t: TestContext, shapes: readonly Shape[]): Promise<Fleet> {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  t.after(() => world.close())
  const accounts = shapes.map((shape) => accountToml({ ...world, user: userOf(shape) }, shape))
  await world.home.configure(accounts.join(''))
  const fleet = { world, daemon: await startDaemon(world.home) }
  t.after(() => fleet.daemon.stop('SIGKILL'))
  for (const shape of shapes) await signInAs(shape, fleet)
  return fleet
}

async function signInAs(shape: Shape, { world, daemon }: Fleet): Promise<void> {
  assert.equal((await signIn({ ...world, user: userOf(shape) }, daemon)).event, 'completed')
}

function userOf(shape: Shape): string {
  return `${shape}@example.com`
}

function exchangesOf(shape: Shape, { world }: Fleet): TokenExchange[] {
  const { exchanges } = world.provider.refreshes
  return exchanges.filter(({ clientId }) => clientId === clientIds[shape])
}

async function stateOfShape(shape: Shape, { daemon }: Fleet): Promise<string | undefined> {
  const { accounts } = await daemon.control.accounts()
  return accounts.find(({ user }) => user === userOf(shape))?.state
}

/** What is true of each at the end. */
async function assertEachWorks(
  t: TestContext,
  fleet: Fleet,
  shapes: readonly Shape[],
  least: number,
): Promise<void> {
  for (const shape of shapes) {
    await t.test(shape, async () => {
      await fleet.daemon.control.refresh(userOf(shape))
      const exchanges = exchangesOf(shape, fleet)
      assertNoneIsOld(exchanges)
      assert.ok(exchanges.length >= least)
      assert.equal(await stateOfShape(shape, fleet), 'active')
    })
  }
}

test('a hundred refreshes and restarts in between present the newest each time', async (t) => {
  const fleet = await startFleet(t, shapes)
  for (let count = 1; count <= 100; count++) {
    const refreshed = shapes.map((shape) => fleet.daemon.control.refresh(userOf(shape)))
    if (count % 25 === 0) {
      for (const each of refreshed) each.catch(() => {})
      assert.equal(await fleet.daemon.stop(), 0)
      fleet.daemon = await startDaemon(fleet.world.home)
    } else {
      await Promise.all(refreshed)
    }
  }
  await assertEachWorks(t, fleet, shapes, 98)
})

test('where the answer is lost on its way, a sign-in is asked for at the second refusal', async (t) => {
  const fleet = await startFleet(t, shapes)
  const { world, daemon } = fleet
  const { port, refreshes } = world.provider
  for (const shape of shapes) {
    await t.test(shape, async () => {
      const user = userOf(shape)
      refreshes.beforeNextAnswer((connection) => connection.destroy())
      const refresh = () => runClient(world.home, ['refresh', user])
      assertResult(await refresh(), 75, 'an answer that is lost', {
        port: `localhost:${port}`,
        errno: 'ECONNRESET',
      })
      assert.equal(await stateOfShape(shape, fleet), 'backing_off')
      const names = { login: `cms-oauth login ${user}`, user, error: 'invalid_grant' }
      for (const state of ['backing_off', 'sign_in_required']) {
        assertResult(await refresh(), 77, 'the next refusal', names)
        assert.equal(await stateOfShape(shape, fleet), state)
      }
      assert.deepEqual(
        exchangesOf(shape, fleet).map(({ issued }) => issued !== undefined),
        [true, true, false, false],
      )
      await signInAs(shape, fleet)
      await daemon.control.refresh(user)
      assert.equal(await stateOfShape(shape, fleet), 'active')
    })
  }
})

// What is killed is the same for all: one of a library, and one of none.
const killed = ['office365', 'oidc'] as const

test('a daemon killed at any moment of a refresh costs no sign-in', async (t) => {
  const fleet = await startFleet(t, killed)
  for (const shape of killed) {
    fleet.world.provider.refreshes.beforeNextAnswer(() => fleet.daemon.stop('SIGKILL'))
    await outcomeOf(fleet.daemon, userOf(shape))
    fleet.daemon = await startDaemon(fleet.world.home)
  }
  for (let moment = 0; moment < 7; moment++) {
    for (const shape of killed) fleet.daemon.control.refresh(userOf(shape)).catch(() => {})
    await delay(moment ** 2 * 8)
    await fleet.daemon.stop('SIGKILL')
    fleet.daemon = await startDaemon(fleet.world.home)
  }
  await assertEachWorks(t, fleet, killed, 1)
})

for (const shape of killed) {
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
