import type { TestContext } from 'node:test'
import { type ScriptedWorld, startScriptedWorld } from '../support/scripted-world.ts'

/** The real daemon with a token in memory; both end with the test. */
export async function startSignedInWorld(
  t: TestContext,
  tokenChanges: object = {},
): Promise<ScriptedWorld> {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  world.answerWell(tokenChanges)
  await world.daemon.control.importGrant(world.user, { refresh_token: 'imported' })
  return world
}
