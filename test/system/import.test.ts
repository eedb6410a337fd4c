/** Another program's refresh token on its way into the store of the real daemon. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { type ScriptedWorld, startScriptedWorld } from '../support/scripted-world.ts'
import { assertSentence, assertResult } from '../support/golden.ts'

describe('an import', () => {
  let world: ScriptedWorld

  before(async () => {
    world = await startScriptedWorld('office365')
  })

  after(() => world.close())

  const run = (tokenFile: object) =>
    runClient(world.home, ['import', world.user], JSON.stringify(tokenFile))
  const state = async () => (await world.daemon.control.accounts()).accounts[0]?.state
  const refreshTokenOf = (index: number) =>
    world.server.received.at(index)?.form.get('refresh_token')

  test('that the provider refuses stores nothing, and says what may be wrong', async () => {
    const error_description = 'AADSTS700082: The refresh token has expired. canary-foreign'
    world.server.answer({ status: 400, body: { error: 'invalid_grant', error_description } })
    const result = await run({ email: world.user, refresh_token: 'canary-foreign' })
    assert.deepEqual([result.status, result.stdout], [77, ''])
    assert.match(result.stderr, /AADSTS700082/)
    assertSentence(
      result.stderr,
      'that the provider refuses stores nothing, and says what may be wrong',
    )
    assert.ok(!result.stderr.includes('canary'))
    assert.equal(await state(), 'signed_out')
  })

  test('that nobody answers promises nothing', async () => {
    world.server.answer({ status: 429, headers: { 'retry-after': '30' } })
    const result = await run({ email: world.user, refresh_token: 'canary-foreign' })
    assertResult(result, 75, 'that nobody answers promises nothing', {
      user: world.user,
      reason: 'status 429',
    })
    assert.equal(await state(), 'signed_out')
  })

  test('is sealed after one refresh, and what the provider rotated is what counts', async () => {
    const token = world.answerWell({ refresh_token: 'canary-rotated' })
    const result = await run({ email: world.user, refresh_token: 'canary-foreign' })
    assertResult(
      result,
      0,
      'is sealed after one refresh, and what the provider rotated is what counts',
      { user: world.user },
    )
    assert.equal(refreshTokenOf(-1), 'canary-foreign')
    assert.equal(await world.ask(), token)
    const next = world.answerWell()
    await world.daemon.control.refresh(world.user)
    assert.equal(refreshTokenOf(-1), 'canary-rotated')
    assert.equal(await world.ask(), next)
    const files = readdirSync(world.home.stateDirectory, { withFileTypes: true, recursive: true })
    for (const file of files.filter((entry) => entry.isFile())) {
      const content = readFileSync(join(file.parentPath, file.name), 'latin1')
      assert.ok(!content.includes('canary'), file.name)
    }
    assert.ok(!JSON.stringify(world.daemon.log).includes('canary'))
  })
})
