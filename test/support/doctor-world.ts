import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Result } from './daemon.ts'
import { returnFromProvider, type ScriptedWorld, startScriptedWorld } from './scripted-world.ts'

/** Whose account it is that `cms-oauth doctor` is tried with. */
export const user = 'user@example.com'

/** A world of a test's own, signed in with a token that has these changes. */
export async function signedIn(t: TestContext, changes: object = {}): Promise<ScriptedWorld> {
  const world = await startScriptedWorld('office365')
  t.after(() => world.close())
  await signIn(world, changes)
  return world
}

/** Signs the account of a world in, with a token that has these changes. */
export async function signIn(world: ScriptedWorld, changes: object = {}): Promise<void> {
  world.answerWell(changes)
  for await (const progress of world.daemon.control.signIn(user, { method: 'browser' })) {
    if (progress.event === 'url') void returnFromProvider(progress.url)
    if (progress.event === 'failed') assert.fail(progress.error.error_description)
  }
}

/** The lines of one subject (a pattern), without what is ok. */
export function troubles({ stdout }: Result, subject: string): string {
  const lines = stdout.split('\n')
  const start = new RegExp(`^(failure|warning) +${subject} `)
  return lines.filter((line) => start.test(line)).join('\n')
}
