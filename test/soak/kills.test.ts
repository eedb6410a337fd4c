/**
 * 1,000 times kill -9 in the middle of a refresh: of the daemon, of its renewer, of both. No record
 * is ever damaged; a sign-in is lost only where the renewer died with the provider's answer in hand;
 * and the first request after the kill gets a token. How long that took is told beside the start of
 * a bare Node. Takes a quarter of an hour.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../daemon/socket/token-socket.ts'
import { startDaemon } from '../support/daemon.ts'
import { bareStartMs } from '../support/bare-start.ts'
import { percentile } from '../support/percentile.ts'
import {
  assertNoneIsOld,
  killRenewer,
  outcomeOf,
  type Running,
  startRotation,
} from '../support/rotation.ts'
import { signIn } from '../support/world.ts'

const rounds = 1_000
const victims = ['daemon', 'renewer', 'both'] as const
/** A refresh takes about as long. */
const latestMs = 120

/** Kills as told; resolves with the ms that pass until a token is served, undefined if none is. */
async function kill(
  running: Running,
  victim: (typeof victims)[number],
): Promise<number | undefined> {
  const begun = performance.now()
  if (victim === 'daemon') {
    await running.daemon.stop('SIGKILL')
    running.daemon = await startDaemon(running.world.home)
  } else {
    await killRenewer(running, victim === 'both')
  }
  const { home, user } = running.world
  const token = await ask(home.tokenSocket, `SMTP,token ${user}`)
  return token === '' ? undefined : performance.now() - begun
}

test('1,000 kills of daemon and renewer damage nothing and cost no sign-in that could be kept', async (t) => {
  const running = await startRotation(t, 'oidc')
  const { world } = running
  const { exchanges } = world.provider.refreshes
  const servingMs = { daemon: [] as number[], renewer: [] as number[], both: [] as number[] }
  const bareMs: number[] = []
  let lost = 0
  for (let round = 0; round < rounds; round++) {
    exchanges.splice(0, exchanges.length - 1)
    const victim = victims[round % victims.length] ?? 'both'
    if (round % 10 === 0) bareMs.push(await bareStartMs(world.home.env))
    const interrupted = outcomeOf(running.daemon, world.user)
    await delay((round / rounds) * latestMs)
    const servedMs = await kill(running, victim)
    if (servedMs !== undefined) servingMs[victim].push(servedMs)
    await interrupted
    let outcome = await outcomeOf(running.daemon, world.user)
    // The death of an idle renewer may be noticed only by the job that it is given.
    if (outcome === 'provider_unavailable') outcome = await outcomeOf(running.daemon, world.user)
    if (outcome === 'refreshed') {
      assertNoneIsOld(exchanges)
      const log = () => JSON.stringify(running.daemon.log.slice(-20))
      assert.ok(servedMs !== undefined, `round ${round}: ${victim}, nothing was served: ${log()}`)
      continue
    }
    assert.equal(outcome, 'sign_in_required', `round ${round}: ${victim}`)
    assert.notEqual(victim, 'daemon', `round ${round}: its renewer had the answer`)
    const [, taken, refused] = exchanges
    assertNoneIsOld(exchanges.slice(0, 2))
    assert.deepEqual([refused?.presented, refused?.issued], [taken?.presented, undefined])
    lost++
    assert.equal((await signIn(world, running.daemon)).event, 'completed')
  }
  t.diagnostic(`${lost} sign-ins lost with a renewer that had the answer; all others kept`)
  const bare = percentile(bareMs, 0.5)
  for (const [victim, values] of Object.entries(servingMs)) {
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => {
      const ms = percentile(values, share)
      return `${ms.toFixed(0)} ms (${(ms / bare).toFixed(1)} bare starts)`
    })
    t.diagnostic(`served again after a kill of ${victim}: p50 ${p50}, p99 ${p99}, longest ${max}`)
  }
})
