/** What scenes of a fleet of real daemons are made of. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Fleet, type FleetHost, type FleetOptions, startFleet } from './fleet.ts'

/** Whose sign-in all hosts share. */
export const account = 'u0@example.com'

interface Scene {
  fleet: Fleet
  first: FleetHost
  second: FleetHost
}

/** A fleet of two or more renew hosts, with one account that is signed in and served by all. */
export async function begin(t: TestContext, changes: Partial<FleetOptions> = {}): Promise<Scene> {
  const options = { nodes: 1, hosts: ['renew', 'renew'] as const, accounts: 1, lifetimeS: 3_600 }
  const fleet = await startFleet({ ...options, hasNetwork: true, ...changes })
  t.after(() => fleet.close())
  await fleet.signInAll()
  const [first, second] = fleet.hosts
  assert.ok(first !== undefined && second !== undefined)
  await served(fleet, fleet.hosts)
  return { fleet, first, second }
}

/** Resolves when these hosts serve the same token, and it is a good one. */
export async function served(
  fleet: Fleet,
  hosts: readonly FleetHost[],
  other = '',
): Promise<string> {
  for (const until = Date.now() + 20_000; Date.now() < until; await setTimeout(20)) {
    const [token = '', ...others] = await Promise.all(hosts.map((host) => host.ask(account, 5_000)))
    const isSame = others.every((one) => one === token)
    if (isSame && token !== other && fleet.provider.isLive(account, token)) return token
  }
  return fail(fleet)
}

/** How a refresh ends that a person asks for. */
export async function refresh(
  host: FleetHost,
): Promise<{ code: string; message: string; tookMs: number }> {
  const beganAt = performance.now()
  const { code, message } = await host.daemon.control.refresh(account).then(
    () => ({ code: 'refreshed', message: '' }),
    (error: Error & { code: string }) => error,
  )
  return { code, message, tookMs: performance.now() - beganAt }
}

/** Resolves as soon as it is so. @throws with what the hosts logged, if it takes longer */
export async function until(isSo: () => unknown, limitMs: number, fleet?: Fleet): Promise<void> {
  for (const end = Date.now() + limitMs; Date.now() < end; await setTimeout(100)) {
    if (await isSo()) return
  }
  fail(fleet)
}

/** @throws with what the hosts logged */
export function fail(fleet: Fleet | undefined): never {
  const lines = fleet?.hosts.flatMap((host) =>
    host.logged().map((line) => `${host.name} ${JSON.stringify(line)}`),
  )
  assert.fail(`it did not come to that: ${lines?.join('\n')}`)
}
