/** Secrets that are easy to find where they must not be, and a run that gives them every chance. */
import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, type Result, runClient } from './daemon.ts'
import { returnFromProvider, type ScriptedWorld } from './scripted-world.ts'

/** What every secret of the scripted world begins with, the client's own among them. */
const marks = ['canary-access', 'canary-refresh', 'canary-code', 'canary-echo', 'canary-secret']

/**
 * A mark as it is, in hexadecimal, with each character escaped as in a URL or in JSON, and in base64
 * at each of the three offsets.
 */
function disguises(mark: string): string[] {
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.from(`${'x'.repeat(offset)}${mark}`, 'latin1')
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  )
  const hex = Buffer.from(mark, 'latin1').toString('hex')
  const escaped = ['%', '\\u00'].map((escape) => hex.replaceAll(/../g, `${escape}$&`))
  return [mark, hex, ...escaped, ...encoded]
}

/** Where the store's key lies. */
export function keyFileOf({ directory }: Home): string {
  return join(directory, 'config', 'cms-oauth', 'store.key')
}

/** All that must not get out, the store's key among it: as it lies and as it seals, latin1. */
export function secretsOf(home: Home): string[] {
  const material = readFileSync(keyFileOf(home), 'latin1').trimEnd()
  const derived = hkdfSync('sha256', material, '', 'cms-oauth store', 32)
  return [...marks, material, Buffer.from(derived).toString('latin1')]
}

/** That none of the secrets is in a text (latin1), in whatever form. */
export function assertClean(where: string, text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const form of disguises(secret)) {
      assert.ok(!text.includes(form), `${where}: ${secret.slice(0, 14)}`)
    }
  }
}

/**
 * A sign-in, a refresh, and refusals in which the provider repeats what it was sent, with the most
 * talkative log; resolves with what the client said.
 */
export async function provokeLeaks(world: ScriptedWorld): Promise<Result[]> {
  const { home, server, user } = world
  await home.configure(`${readFileSync(home.configFile, 'utf8')}[log]\nlevel = "debug"\n`)
  await world.daemon.control.reload()
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
  return words
}
