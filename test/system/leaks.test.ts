/** Marked secrets through a whole run, with failures and the most talkative log: none gets out. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertClean, keyFileOf, provokeLeaks, secretsOf } from '../support/canaries.ts'
import { type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { startScriptedWorld } from '../support/scripted-world.ts'

const logOf = (daemon: RunningDaemon) => JSON.stringify(daemon.log)

test('no secret is in the log, the arguments, the environment, the files or the client’s words', async (t) => {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { home, server } = world
  const everySecret = secretsOf(home)
  const logs: string[] = []
  const words = await provokeLeaks(world)
  assertClean('the client', JSON.stringify(words), everySecret)

  const { pid } = world.daemon.process
  assertClean('arguments', readFileSync(`/proc/${pid}/cmdline`, 'latin1'), everySecret)
  if (process.getuid?.() === 0) {
    assertClean('environment', readFileSync(`/proc/${pid}/environ`, 'latin1'), everySecret)
  }
  logs.push(logOf(world.daemon))
  await world.daemon.stop()
  world.answerWell()
  world.daemon = await startDaemon(home)
  await world.ask()
  await world.daemon.stop()
  logs.push(logOf(world.daemon))
  assert.match(logs.join('\n'), /token\.refresh_failed/)
  const verifier = server.received[0]?.form.get('code_verifier') ?? assert.fail('no verifier')
  assertClean('the log', logs.join('\n'), [...everySecret, verifier])

  for (const name of readdirSync(home.directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(home.directory, name)
    if ([home.configFile, keyFileOf(home)].includes(path) || !statSync(path).isFile()) continue
    assertClean(name, readFileSync(path, 'latin1'), [...everySecret, verifier])
  }
})
