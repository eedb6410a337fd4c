/** A refresh token goes to the server that issued it and to no other, whatever is configured. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedServer } from '../support/scripted-server.ts'
import { scriptedAccountToml, startScriptedWorld } from '../support/scripted-world.ts'
import { expectedError } from '../support/golden.ts'

test('with another authority the account must sign in again, and the other server hears nothing', async (t) => {
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const other = await startScriptedServer()
  t.after(() => other.close())
  const { home, server, user } = world
  const { control } = world.daemon
  world.answerWell()
  await control.importGrant(user, { refresh_token: 'foreign' })

  await home.configure(scriptedAccountToml(other.url, user, 'oidc'))
  assert.deepEqual((await control.reload()).changed, [user])
  await assert.rejects(
    control.refresh(user),
    expectedError(
      'sign_in_required',
      'with another authority the account must sign in again, and the other server hears nothing',
      { user, url: server.url, url2: other.url },
    ),
  )
  assert.deepEqual(other.requests, [])

  await home.configure(scriptedAccountToml(server.url, user, 'oidc'))
  // The reload has it refreshed automatically, which may be over by then.
  const accessTokens = [world.answerWell(), world.answerWell()]
  await control.reload()
  await control.refresh(user)
  assert.ok(accessTokens.includes(await world.ask()))
})
