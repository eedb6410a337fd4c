/**
 * A provider that rotates at once and answers late, and an answer that waits in the socket of a
 * process that stands still: nobody is told twice, and nothing is lost. Each takes longer than the
 * 20 s after which whoever waits is answered: all tests that wait for that are here, at the same time.
 */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { gate } from '../support/jobs.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import {
  returnFromProvider,
  scriptedAccountToml,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'

/** More than a job may take, and than a heartbeat may be missed. */
const pauseMs = 47_000
const lateMs = 23_000

let started: Promise<unknown> = Promise.resolve()

/** One daemon after the other: starts at the same time would take longer than one may. */
function startInTurn(shape: Parameters<typeof startScriptedWorld>[0]): Promise<ScriptedWorld> {
  const world = started.then(() => startScriptedWorld(shape))
  started = world.catch(() => {})
  return world
}

async function signIn({ daemon, user }: ScriptedWorld): Promise<void> {
  for await (const progress of daemon.control.signIn(user, { method: 'browser' })) {
    if (progress.event === 'url') void returnFromProvider(progress.url)
  }
}

/** A world with a sign-in, whose next refresh waits for `gate`. */
async function prepare(t: TestContext) {
  const world = await startInTurn('oidc')
  t.after(() => world.close())
  world.answerWell()
  await signIn(world)
  const { passed, open } = gate()
  const { length } = world.server.received
  const tokens = { access_token: 'canary-late', token_type: 'Bearer', expires_in: 3_600 }
  const body = { ...tokens, refresh_token: 'canary-refresh-late' }
  world.server.answer({ status: 200, body, when: passed })
  const refreshed = world.daemon.control.refresh(world.user).then(
    () => 'refreshed',
    (error: { code: string }) => error.code,
  )
  while (world.server.received.length === length) await delay(10)
  return { world, refreshed, answer: open }
}

/** The late token is served, and the next refresh presents the newest refresh token. */
async function assertNothingIsLost(world: ScriptedWorld): Promise<void> {
  while ((await world.ask()) !== 'canary-late') await delay(50)
  const next = world.answerWell()
  await world.daemon.control.refresh(world.user)
  assert.equal(await world.ask(), next)
  const { form } = world.server.received.at(-1) ?? assert.fail()
  assert.equal(form.get('refresh_token'), 'canary-refresh-late')
}

/** The only account, and that its refresh is put off for the provider's sake. */
async function assertState(state: string, { daemon }: ScriptedWorld): Promise<void> {
  const [account = assert.fail('the account is gone')] = (await daemon.control.accounts()).accounts
  assert.equal(account.state, state)
  if (state === 'active') return assert.deepEqual([account.error, account.action], [null, ''])
  assert.equal(account.error?.error, 'provider_unavailable')
  assert.ok(Date.parse(account.next_refresh_at ?? '') > Date.now())
  assert.ok(Date.parse(account.expires_at ?? '') > Date.now())
}

describe('an answer', { concurrency: true }, () => {
  for (const shape of ['office365', 'gmail', 'oidc'] as const) {
    test(`that never comes (${shape}) disturbs nobody; who asked is told after 20 s, and no second refresh begins`, async (t) => {
      const world = await startInTurn(shape)
      t.after(() => world.close())
      const { server } = world
      const refresh = () => world.daemon.control.refresh(world.user)
      const old = world.answerWell()
      await signIn(world)
      const { length } = server.received
      server.answer({ hang: true })
      const refused = assert.rejects(refresh(), { code: 'provider_unavailable' })
      assert.equal(await world.ask(), old)
      await refused
      await assertState('backing_off', world)
      assert.equal(await world.ask(), old)
      const joined = assert.rejects(refresh(), {
        message: /ECONNRESET \(connection reset\)$/,
        isFateUnknown: true,
      })
      assert.equal(server.received.length, length + 1)
      await server.hangUp()
      await joined
      const accessToken = world.answerWell()
      await refresh()
      assert.equal(await world.ask(), accessToken)
      await assertState('active', world)
      const { accounts } = await world.daemon.control.accounts()
      assert.doesNotMatch(JSON.stringify([world.daemon.log, accounts]), /canary/)
    })
  }

  test('after 23 s: who asked was told after 20, and no second refresh has begun', async (t) => {
    const { world, refreshed, answer } = await prepare(t)
    const { length } = world.server.received
    await delay(lateMs)
    assert.equal(await refreshed, 'provider_unavailable')
    assert.equal(world.server.received.length, length)
    answer()
    await assertNothingIsLost(world)
  })

  test('of a device code after 23 s: the code is not polled again, and the sign-in succeeds', async (t) => {
    const world = await startInTurn('oidc')
    t.after(() => world.close())
    const { server, user } = world
    await world.home.configure(
      `${scriptedAccountToml(server.url, user, 'oidc')}device_authorization_endpoint = "${server.url}/device"\n`,
    )
    await world.daemon.control.reload()
    const page = { verification_uri: 'https://x.example/', user_code: 'ABCD', interval: 1 }
    const { passed: when, open: answer } = gate()
    const tokens = { access_token: 'canary-late', token_type: 'Bearer', expires_in: 3_600 }
    server.answer(
      { status: 200, body: { device_code: 'canary-device-code', ...page } },
      { status: 200, body: { ...tokens, refresh_token: 'canary-refresh-late' }, when },
    )
    setTimeout(answer, lateMs)
    const events: string[] = []
    for await (const { event } of world.daemon.control.signIn(user, { method: 'device' })) {
      events.push(event)
    }
    assert.deepEqual(events, ['user_code', 'completed'])
    assert.equal(server.received.length, 2)
    await assertNothingIsLost(world)
  })

  for (const [who, withDaemon] of [
    ['the renewer stood still', false],
    ['the whole service stood still', true],
  ] as const) {
    test(`that came while ${who}`, async (t) => {
      const { world, refreshed, answer } = await prepare(t)
      const { pid = assert.fail() } = world.daemon.process
      const renewer = findRenewerPid(pid) ?? assert.fail()
      const stopped = withDaemon ? [pid, renewer] : [renewer]
      for (const each of stopped) process.kill(each, 'SIGSTOP')
      answer()
      await delay(pauseMs)
      for (const each of stopped) process.kill(each, 'SIGCONT')
      assert.equal(await refreshed, 'refreshed')
      assert.equal(findRenewerPid(pid), renewer)
      await assertNothingIsLost(world)
    })
  }
})
