/** The line of each token, where nobody reads the log: the real daemon, and a pipe that is full. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertError } from '../support/golden.ts'
import {
  scriptedAccountToml,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'

/** More lines than a pipe and the daemon have room for. */
const most = 5_000

let world: ScriptedWorld
let token: string

before(async () => {
  world = await startScriptedWorld('oidc')
  token = world.answerWell()
  await world.daemon.control.importGrant(world.user, { refresh_token: 'canary-imported' })
})
after(() => world.close())

async function applyRule(rule: string): Promise<void> {
  const { home, server, user, daemon } = world
  const toml = scriptedAccountToml(server.url, user, 'oidc')
  await home.configure(`${toml}[log]\naudit = "${rule}"\n`)
  await daemon.control.reload()
}

test('where lines are required, a token stays while nobody reads the log, and leaves after', async () => {
  const { daemon } = world
  await applyRule('required')
  daemon.process.stderr?.pause()
  let granted = 0
  let answer = await world.ask('json')
  for (; !answer.includes('"error"') && granted < most; granted++) answer = await world.ask('json')
  const { error: code, error_description: message, hint } = JSON.parse(answer)
  assertError({ code, message, hint }, 'daemon_unreachable', 'nobody reads the log')
  daemon.process.stderr?.resume()
  while ((await world.ask('token')) !== token) await new Promise(setImmediate)
  await daemon.loggedAll(({ event }) => event === 'token.granted', granted)
})

test('where they are counted, tokens leave, and a storm has few lines', async () => {
  const { daemon } = world
  await applyRule('counted')
  const { length } = daemon.log
  const answers = await Promise.all(Array.from({ length: 200 }, () => world.ask()))
  assert.deepEqual(new Set(answers), new Set([token]))
  const folded = await daemon.logged(
    ({ event, count }) => event === 'token.granted' && Number(count) > 0,
  )
  assert.equal(folded['user'], world.user)
  const granted = daemon.log.slice(length).filter(({ event }) => event === 'token.granted')
  assert.ok(granted.length < 50, `${granted.length}`)
})
