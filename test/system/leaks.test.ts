/** Marked secrets through a whole run, with failures and the most talkative log: none gets out. */
import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Home, runClient, type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { returnFromProvider, startScriptedWorld } from '../support/scripted-world.ts'

/** What every secret of the scripted world begins with, the client's own among them. */
const marks = ['canary-access', 'canary-refresh', 'canary-code', 'canary-echo', 'canary-secret']

/** A mark as it is, in hexadecimal, and in base64 at each of the three offsets. */
function disguises(mark: string): string[] {
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.from(`${'x'.repeat(offset)}${mark}`, 'latin1')
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  )
  const hex = Buffer.from(mark, 'latin1').toString('hex')
  return [mark, hex, hex.replaceAll(/../g, '%$&'), ...encoded]
}

/** The store's key, as it lies in its file and as it seals, one character a byte. */
function keysOf({ directory }: Home): { keyFile: string; keys: string[] } {
  const keyFile = join(directory, 'config', 'cms-oauth', 'store.key')
  const material = readFileSync(keyFile, 'latin1').trimEnd()
  const derived = hkdfSync('sha256', material, '', 'cms-oauth store', 32)
  return { keyFile, keys: [material, Buffer.from(derived).toString('latin1')] }
}

function assertClean(where: string, text: string, known: readonly string[] = marks): void {
  for (const mark of known) {
    for (const disguise of disguises(mark)) assert.ok(!text.includes(disguise), `${where}: ${mark}`)
  }
}

const logOf = (daemon: RunningDaemon) => JSON.stringify(daemon.log)

test('no secret is in the log, the arguments, the environment, the files or the client’s words', async (t) => {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { home, server, user } = world
  const { keyFile, keys } = keysOf(home)
  const everySecret = [...marks, ...keys]
  const logs: string[] = []
  await home.configure(`${readFileSync(home.configFile, 'utf8')}[log]\nlevel = "debug"\n`)
  await world.daemon.control.reload()

  // A sign-in, a refresh, and refusals in which the provider repeats what it was sent.
  world.answerWell()
  for await (const progress of world.daemon.control.signIn(user, { method: 'browser' })) {
    if (progress.event === 'url') void returnFromProvider(progress.url)
    assert.notEqual(progress.event, 'failed')
  }
  world.answerWell()
  const refreshed = await runClient(home, ['refresh', user])
  assert.equal(refreshed.status, 0, refreshed.stderr)
  const token = await world.ask()
  assert.match(token, /^canary-access-2$/)
  server.answer(
    { status: 503, body: `<html>${token} canary-refresh-2</html>` },
    { status: 400, body: { error: 'invalid_grant', error_description: 'for canary-refresh-2' } },
    { reset: true },
  )
  const words = [refreshed]
  for (let i = 0; i < 3; i++) words.push(await runClient(home, ['refresh', user]))
  words.push(await runClient(home, ['status']), await runClient(home, ['status', '--json']))
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
    if ([home.configFile, keyFile].includes(path) || !statSync(path).isFile()) continue
    assertClean(name, readFileSync(path, 'latin1'), [...everySecret, verifier])
  }
})
