/**
 * 5,000 accounts whose tokens expire together, in the real daemon: when it starts, and again when it
 * was stopped until all of them were old. All are fresh within 60 s, at most 8 at a time are with the
 * provider, the daemon's loop lags less than 20 ms (p99), and who asks for one that is still old is
 * answered within a refresh and a second. Takes four minutes.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fillStore, fleetToml, fleetUsers } from '../support/account-fleet.ts'
import { ask } from '../daemon/socket/token-socket.ts'
import { createHome, type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { describe, type Measurement } from './measure-answers.ts'
import { startHelper } from './start-helper.ts'

const users = fleetUsers(5_000)
const lifetimeS = 120
/** A refresh takes 50 ms at the provider. */
const limits = { freshMs: 60_000, inFlight: 8, lagMs: 20, askedMs: 1_200 }
/** It is answered at once with silence, whatever the tokens do: what it takes is the loop's lag. */
const unknown = 'SMTP nobody@example.com\n'

/** Resolves when each account has been refreshed by a line after the first `skipped`. */
async function allFresh({ log }: RunningDaemon, skipped: number): Promise<void> {
  const fresh = new Set<unknown>()
  for (let next = skipped; fresh.size < users.length; await delay(20)) {
    for (; next < log.length; next++) {
      const line = log[next]
      if (line?.event === 'token.refreshed') fresh.add(line['user'])
    }
  }
}

/** The longest answer to a request for an account, one after the other from the last, until told to stop. */
async function askMeanwhile(path: string, signal: AbortSignal): Promise<number> {
  let longestMs = 0
  for (const user of users.toReversed()) {
    if (signal.aborted) break
    const askedAt = performance.now()
    assert.notEqual(await ask(path, `SMTP,token ${user}\n`), '')
    longestMs = Math.max(longestMs, performance.now() - askedAt)
    await delay(200)
  }
  return longestMs
}

interface Round {
  name: string
  freshMs: number
  askedMs: number
  lag: Measurement
  provider: { answered: number; mostInFlight: number }
}

function judge(t: TestContext, { name, freshMs, askedMs, lag, provider }: Round): void {
  const { answered, mostInFlight } = provider
  t.diagnostic(
    `${name}: all fresh after ${(freshMs / 1_000).toFixed(1)} s by ${answered} refreshes, ` +
      `at most ${mostInFlight} at once; asked for meanwhile: ${askedMs.toFixed(0)} ms at most; lag: ${describe(lag)}`,
  )
  assert.ok(freshMs < limits.freshMs, `${freshMs} ms`)
  assert.ok(askedMs < limits.askedMs, `${askedMs} ms`)
  assert.equal(answered, users.length)
  assert.ok(mostInFlight <= limits.inFlight)
  assert.ok(lag.p99Ms < limits.lagMs, `p99 ${lag.p99Ms} ms`)
  assert.deepEqual(lag.failures, [])
}

test('5,000 accounts that expire together are fresh within a minute, and the daemon is quick', async (t) => {
  const endpoint = await startHelper<{ url: string; caFile: string }>(t, 'token-endpoint.ts', [
    String(lifetimeS),
  ])
  const { url, caFile } = endpoint.said
  const home = await createHome(caFile)
  t.after(() => home.remove())
  await home.configure(fleetToml(users, url))
  await fillStore(home, users, url)
  const report = () => endpoint.tell<Round['provider']>('report')
  const askUntil = () => {
    const enough = new AbortController()
    const asked = askMeanwhile(home.tokenSocket, enough.signal)
    return (): Promise<number> => {
      enough.abort()
      return asked
    }
  }
  const probe = () => startHelper(t, 'prober.ts', [home.tokenSocket, unknown])

  let begun = performance.now()
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop('SIGKILL'))
  let longest = askUntil()
  let prober = await probe()
  await allFresh(daemon, 0)
  let freshMs = performance.now() - begun
  let askedMs = await longest()
  let lag = await prober.tell<Measurement>('report')
  daemon.process.kill('SIGSTOP')
  judge(t, { name: 'at the start', freshMs, askedMs, lag, provider: await report() })

  await delay((lifetimeS + 1) * 1_000)
  const { length } = daemon.log
  begun = performance.now()
  daemon.process.kill('SIGCONT')
  longest = askUntil()
  prober = await probe()
  await allFresh(daemon, length)
  freshMs = performance.now() - begun
  askedMs = await longest()
  lag = await prober.tell<Measurement>('report')
  judge(t, { name: 'expired together', freshMs, askedMs, lag, provider: await report() })
})
