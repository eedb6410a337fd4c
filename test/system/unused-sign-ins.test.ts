/** Sign-ins in the store that no account of the configuration uses: shown, and forgotten on request. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { runClient, startDaemon } from '../support/daemon.ts'
import { assertResult, assertSentence } from '../support/golden.ts'
import {
  type ScriptedWorld,
  scriptedAccountToml,
  startScriptedWorld,
} from '../support/scripted-world.ts'

const twin = 'User@example.com'
const shared = 'shared@example.com'
const gone = 'gone@example.com'

/** Whose sign-in is left, and why nobody uses it. */
function assertLeftOver(unused: Record<string, string>, user: string): void {
  assert.deepEqual(Object.keys(unused).toSorted(), [gone, shared, user])
  assertSentence(unused[user], 'of an address in another case', { twin })
  assertSentence(unused[shared], 'of an account that uses another sign-in', { twin })
  assertSentence(unused[gone], 'of no account')
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
    assertLeftOver(await unused(), user)
    const { stdout } = await run('status')
    const list = stdout.split('\n\n').find((part) => part.includes(gone))
    assertSentence(list, 'status lists them', { gone, user, twin, shared })
    const { accounts, unused_sign_ins: told } = JSON.parse((await run('status', '--json')).stdout)
    assert.deepEqual(
      accounts.map((account: { user: string }) => account.user),
      [twin, shared],
    )
    assert.equal(told.length, 3)
    assert.ok(told.every(({ signed_in_at: at }: { signed_in_at: string }) => Date.parse(at) > 0))
    const report = await run('doctor')
    const warning = report.stdout.split('\n').find((line) => line.includes(gone))
    assertSentence(warning, 'doctor warns of each', { gone, level: 'warning', check: 'sign-in' })
  })

  test('are found again by a daemon that starts', async () => {
    await world.daemon.stop()
    world.answerWell()
    world.answerWell()
    world.daemon = await startDaemon(world.home)
    assertLeftOver(await unused(), world.user)
  })

  test('are forgotten by logout, and then unknown', async () => {
    assert.equal(records(), 4)
    assertResult(await run('logout', gone), 0, 'are forgotten by logout', { user: gone })
    assert.equal(records(), 3)
    assert.deepEqual(Object.keys(await unused()).toSorted(), [shared, world.user])
    const again = await run('logout', gone)
    assert.deepEqual([again.status, again.stdout], [67, ''])
  })

  test('cannot be revoked without an account, and it says so', async () => {
    const before = world.server.requests.length
    const { user } = world
    const result = await run('logout', user, '--revoke')
    assertResult(result, 0, 'cannot be revoked without an account', { user })
    assert.equal(world.server.requests.length, before)
    assert.equal(records(), 2)
  })

  test('are forgotten for an account that goes on with the sign-in of another', async () => {
    assertResult(await run('logout', shared), 0, 'are forgotten by logout', { user: shared })
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
    const left = await unused()
    assert.deepEqual(Object.keys(left), [twin])
    assertSentence(left[twin], 'of no account')
    world.answerWell()
    await world.home.configure(toml(twin))
    await world.daemon.control.reload()
    assert.deepEqual(await unused(), {})
  })
})
