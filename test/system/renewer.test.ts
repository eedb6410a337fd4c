/** The real daemon and what may happen to its renewer: it costs a refresh, never the socket. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ControlClient } from '../../src/client/control-client.ts'
import { startDaemon } from '../support/daemon.ts'
import { expectedError } from '../support/golden.ts'
import { gate } from '../support/jobs.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import {
  returnFromProvider,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'

async function startSignedIn(t: TestContext): Promise<ScriptedWorld> {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  world.answerWell()
  for await (const { event, ...progress } of world.daemon.control.signIn(world.user, {
    method: 'browser',
  })) {
    if ('url' in progress) void returnFromProvider(progress.url)
    assert.notEqual(event, 'failed')
  }
  return world
}

/** Has the next refresh reach the provider, which answers when told. */
async function startRefresh(world: ScriptedWorld, body: object) {
  const { passed, open } = gate()
  const { length } = world.server.received
  world.server.answer({ status: 200, body, when: passed })
  const refreshed = world.daemon.control.refresh(world.user)
  refreshed.catch(() => {})
  await until(() => world.server.received.length > length)
  return { refreshed, answer: open }
}

async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isTrue(); await delay(10)) {
    assert.ok(Date.now() < end, 'it did not happen within 20 s')
  }
}

const pidOf = (world: ScriptedWorld) => world.daemon.process.pid ?? assert.fail('no daemon')
const renewerOf = (world: ScriptedWorld) => findRenewerPid(pidOf(world)) ?? assert.fail('none')
const late = {
  access_token: 'late',
  refresh_token: 'rotated',
  token_type: 'Bearer',
  expires_in: 60,
}

test('a renewer killed in mid-refresh costs that refresh only', async (t) => {
  const world = await startSignedIn(t)
  const token = await world.ask()
  const { refreshed } = await startRefresh(world, late)
  process.kill(renewerOf(world), 'SIGKILL')
  const names = { signal: 'SIGKILL' }
  await assert.rejects(refreshed, expectedError('provider_unavailable', 'a renewer killed', names))
  assert.equal(await world.ask(), token)
  const next = world.answerWell()
  await world.daemon.control.refresh(world.user)
  assert.equal(await world.ask(), next)
})

test('while a renewer is stopped, all is served as before', async (t) => {
  const world = await startSignedIn(t)
  const token = await world.ask()
  const { refreshed, answer } = await startRefresh(world, late)
  const pid = renewerOf(world)
  process.kill(pid, 'SIGSTOP')
  answer()
  assert.equal(await world.ask(), token)
  assert.equal((await world.daemon.control.accounts()).accounts[0]?.state, 'refreshing')
  process.kill(pid, 'SIGCONT')
  await refreshed
  assert.equal(await world.ask(), 'late')
})

test('a renewer without work ends, and the daemon maps nothing of it', async (t) => {
  const world = await startSignedIn(t)
  await until(() => findRenewerPid(pidOf(world)) === undefined)
  assert.doesNotMatch(readFileSync(`/proc/${pidOf(world)}/maps`, 'utf8'), /renewer/)
  assert.notEqual(await world.ask(), '')
})

test('a daemon that is told to stop keeps what the provider rotates meanwhile', async (t) => {
  const world = await startSignedIn(t)
  const { answer } = await startRefresh(world, late)
  const stopped = world.daemon.stop()
  await world.daemon.logged(({ event }) => event === 'daemon.stopping')
  answer()
  assert.equal(await stopped, 0)
  await assertServesAgain(world, 'rotated')
})

test('a daemon killed in mid-refresh leaves a renewer that seals what comes', async (t) => {
  const world = await startSignedIn(t)
  const { answer } = await startRefresh(world, late)
  await world.daemon.stop('SIGKILL')
  answer()
  await assertServesAgain(world, 'rotated')
})

test('a daemon killed again and again serves without a new sign-in', async (t) => {
  const world = await startSignedIn(t)
  const rounds = Number(process.env['CMS_OAUTH_KILLS'] ?? 10)
  for (let round = 0; round < rounds; round++) {
    await world.daemon.stop('SIGKILL')
    const token = world.answerWell()
    world.daemon = await startDaemon(world.home)
    // A request of the new daemon waits for its first refresh.
    assert.equal(await world.ask(), token, `round ${round}`)
  }
})

test('a login that leaves when the code is back does not cost the grant', async (t) => {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { passed, open } = gate()
  world.server.answer({ status: 200, body: late, when: passed })
  const leaving = new ControlClient(world.home.controlSocket).signIn(world.user, {
    method: 'browser',
  })
  for await (const progress of leaving) {
    if (progress.event === 'url') void returnFromProvider(progress.url)
    if (progress.event === 'code_received') break
  }
  open()
  await world.daemon.logged(({ event }) => event === 'token.refreshed')
  assert.equal(await world.ask(), 'late')
  const { user } = await world.daemon.logged(({ event }) => event === 'sign_in.address_unknown')
  assert.equal(user, world.user)
})

/** A new daemon renews with this refresh token, and serves what that gives. */
async function assertServesAgain(world: ScriptedWorld, refreshToken: string): Promise<void> {
  const token = world.answerWell()
  world.daemon = await startDaemon(world.home)
  assert.equal(await world.ask(), token)
  assert.equal(world.server.received.at(-1)?.form.get('refresh_token'), refreshToken)
}
