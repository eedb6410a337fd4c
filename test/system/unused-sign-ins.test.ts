/** Sign-ins in the store that no account of the configuration uses: shown, and forgotten on request. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { runClient, startDaemon } from '../support/daemon.ts'
import {
  type ScriptedWorld,
  scriptedAccountToml,
  startScriptedWorld,
} from '../support/scripted-world.ts'

const twin = 'User@example.com'
const shared = 'shared@example.com'
const gone = 'gone@example.com'

/** Whose sign-in is left, and why nobody uses it. */
function leftOver(user: string): Record<string, string> {
  return {
    [user]: `it is configured as "${twin}": case matters`,
    [shared]: `it uses the sign-in of ${twin} now`,
    [gone]: 'it is not configured',
  }
}

describe('sign-ins that no account uses', () => {
  let world: ScriptedWorld
  before(async () => {
    world = await startScriptedWorld('oidc')
  })
  after(() => world.close())

  const toml = (user: string, more = '') =>
    `${scriptedAccountToml(world.server.url, user, 'oidc')}${more}\n`
  const unused = async () => {
    const { unused_sign_ins: found = [] } = await world.daemon.control.accounts()
    return Object.fromEntries(found.map(({ user, reason }) => [user, reason]))
  }
  const records = () =>
    readdirSync(world.home.stateDirectory).filter((name) => name.endsWith('.grant')).length
  const run = (...args: string[]) => runClient(world.home, args)

  test('are there after a reload that leaves them behind', async () => {
    const { daemon, home, user } = world
    const users = [user, twin, shared, gone]
    await home.configure(users.map((each) => toml(each)).join(''))
    await daemon.control.reload()
    for (const each of users) {
      world.answerWell()
      await daemon.control.importGrant(each, { refresh_token: 'canary-foreign' })
    }
    assert.deepEqual(await unused(), {})
    world.answerWell()
    world.answerWell()
    await home.configure(`${toml(twin)}${toml(shared, `sign_in_with = "${twin}"`)}`)
    await daemon.control.reload()
    assert.deepEqual(await unused(), leftOver(user))
    const { stdout } = await run('status')
    assert.match(
      stdout,
      /^Signed in, but not in use \("cms-oauth logout ADDRESS" forgets it\):\n {2}gone@example\.com +since \d{4}-\d\d-\d\d +it is not configured\n/m,
    )
    const { accounts, unused_sign_ins: told } = JSON.parse((await run('status', '--json')).stdout)
    assert.deepEqual(
      accounts.map((account: { user: string }) => account.user),
      [twin, shared],
    )
    assert.equal(told.length, 3)
    assert.ok(told.every(({ signed_in_at: at }: { signed_in_at: string }) => Date.parse(at) > 0))
    const report = await run('doctor')
    assert.match(
      report.stdout,
      /^warning +sign-in +gone@example\.com: signed in, but not in use: it is not configured$/m,
    )
  })

  test('are found again by a daemon that starts', async () => {
    await world.daemon.stop()
    world.answerWell()
    world.answerWell()
    world.daemon = await startDaemon(world.home)
    assert.deepEqual(await unused(), leftOver(world.user))
  })

  test('are forgotten by logout, and then unknown', async () => {
    assert.equal(records(), 4)
    const { status, stdout } = await run('logout', gone)
    assert.deepEqual([status, stdout], [0, `${gone}: forgotten here; the provider was not told\n`])
    assert.equal(records(), 3)
    assert.deepEqual(Object.keys(await unused()).toSorted(), [shared, world.user])
    const again = await run('logout', gone)
    assert.deepEqual([again.status, again.stdout], [67, ''])
  })

  test('cannot be revoked without an account, which is said', async () => {
    const before = world.server.requests.length
    const { status, stdout } = await run('logout', world.user, '--revoke')
    assert.equal(status, 0)
    assert.match(
      stdout,
      /forgotten here; without its \[\[account\]\] the provider could not be told/,
    )
    assert.equal(world.server.requests.length, before)
    assert.equal(records(), 2)
  })

  test('are forgotten for an account that goes on with the sign-in of another', async () => {
    const { status, stdout } = await run('logout', shared)
    assert.deepEqual(
      [status, stdout],
      [0, `${shared}: forgotten here; the provider was not told\n`],
    )
    assert.equal(records(), 1)
    assert.deepEqual(await unused(), {})
    const { accounts } = await world.daemon.control.accounts()
    assert.deepEqual(
      accounts.map(({ state }) => state),
      ['active', 'active'],
    )
    assert.equal((await run('logout', shared)).status, 64)
  })

  test('are in use again once the account is back', async () => {
    await world.home.configure(toml(shared))
    await world.daemon.control.reload()
    assert.deepEqual(await unused(), { [twin]: 'it is not configured' })
    world.answerWell()
    await world.home.configure(toml(twin))
    await world.daemon.control.reload()
    assert.deepEqual(await unused(), {})
  })
})
