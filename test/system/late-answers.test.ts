/**
 * A provider that rotates at once and answers late, and an answer that waits in the socket of a
 * process that stands still: nobody is told twice, and nothing is lost. Each takes longer than the
 * 20 s after which whoever waits is answered; they wait at the same time.
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

/** A world with a sign-in, whose next refresh waits for `gate`. */
async function prepare(t: TestContext) {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  world.answerWell()
  for await (const progress of world.daemon.control.signIn(world.user, { method: 'browser' })) {
    if (progress.event === 'url') void returnFromProvider(progress.url)
  }
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

describe('an answer', { concurrency: true }, () => {
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
    const world = await startScriptedWorld('oidc')
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
