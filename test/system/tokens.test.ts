/** Token requests to the real daemon when the provider is slow or gone. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon } from '../support/daemon.ts'
import { assertError } from '../support/golden.ts'
import {
  scriptedAccountToml,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'

let world: ScriptedWorld

before(async () => {
  world = await startScriptedWorld('oidc')
  world.answerWell()
  await world.daemon.control.importGrant(world.user, { refresh_token: 'canary-imported' })
})
after(() => world.close())

/** A daemon that has only just started has no token in memory. */
async function restart(answerWithin: string): Promise<void> {
  const { home, server, user } = world
  await world.daemon.stop()
  const toml = scriptedAccountToml(server.url, user, 'oidc')
  await home.configure(`${toml}[refresh]\nanswer_within = "${answerWithin}"\n`)
  world.daemon = await startDaemon(home)
}

test('a provider that is gone at the start makes a request wait its time, then refuses it', async () => {
  world.server.answer({ hang: true })
  await restart('200ms')
  const { length } = world.server.received
  const startedAt = performance.now()
  const answers = await Promise.all([world.ask('json'), world.ask('token'), world.ask('json')])
  assert.ok(performance.now() - startedAt >= 199)
  assert.equal(answers[1], '')
  for (const answer of [answers[0] ?? '', answers[2] ?? '']) {
    const { error: code, error_description: message, hint } = JSON.parse(answer)
    const key = 'a provider that is gone at the start'
    assertError({ code, message, hint }, 'provider_unavailable', key, { user: world.user })
  }
  assert.ok(world.server.received.length <= length + 1)
  await world.server.hangUp()
  await world.daemon.logged(({ event }) => event === 'token.refresh_failed')
})

test('a request that comes before the first token gets it when it comes', async () => {
  const accessToken = world.answerWell()
  await restart('30s')
  const answers = await Promise.all(Array.from({ length: 20 }, () => world.ask()))
  assert.deepEqual(new Set(answers), new Set([accessToken]))
  assert.equal(world.server.received.at(-1)?.form.get('refresh_token'), 'canary-refresh-1')
})
