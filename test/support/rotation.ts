/** A daemon that may be killed, at a provider that ends a sign-in when an old refresh token comes back. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import type { TokenExchange } from './record-refreshes.ts'
import { findRenewerPid } from './renewer-pid.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** A world with the daemon that runs in it now. */
export interface Running {
  world: World
  daemon: RunningDaemon
}

/** The world of a shape, signed in; the daemon that runs at its end is stopped with it. */
export async function startRotation(
  t: TestContext,
  shape: 'office365' | 'gmail' | 'oidc',
): Promise<Running> {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  t.after(() => world.close())
  const running = { world, daemon: await startSignedIn(world, accountToml(world, shape)) }
  t.after(() => running.daemon.stop('SIGKILL'))
  return running
}

/** That all since the first presented the newest refresh token there was, and got a newer one. */
export function assertNoneIsOld([first, ...others]: readonly TokenExchange[]): void {
  let newest = first?.issued
  for (const { presented, issued } of others) {
    assert.equal(presented, newest, 'an old one came back')
    assert.notEqual(issued, undefined, 'it was refused')
    newest = issued
  }
}

/** The state of the only account. */
export async function stateOf({ control }: RunningDaemon): Promise<string | undefined> {
  return (await control.accounts()).accounts[0]?.state
}

/** How a refresh ends that a person asks for: its error code, or `refreshed`. */
export function outcomeOf({ control }: RunningDaemon, user: string): Promise<string> {
  return control.refresh(user).then(
    () => 'refreshed',
    (error: { code: string }) => error.code,
  )
}

/** Kills the renewer, where there is one, with its daemon or without; a daemon runs again then. */
export async function killRenewer(running: Running, withDaemon: boolean): Promise<void> {
  const { pid = assert.fail() } = running.daemon.process
  const renewer = findRenewerPid(pid)
  if (withDaemon) running.daemon.process.kill('SIGKILL')
  if (renewer !== undefined) process.kill(renewer, 'SIGKILL')
  if (!withDaemon) return
  await running.daemon.stop('SIGKILL')
  running.daemon = await startDaemon(running.world.home)
}
