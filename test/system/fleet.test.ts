/** Several daemons that share one etcd and one sign-in at a provider that rotates strictly. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Home, RunningDaemon } from '../support/daemon.ts'
import { runClient, startDaemon } from '../support/daemon.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { askForToken, createFleetKeys, createHost } from '../support/fleet/hosts.ts'
import { assertResult, expectedError } from '../support/golden.ts'
import { testClientId, testClientSecret } from '../support/authorization-server.ts'
import { signInThroughPage } from '../support/sign-in.ts'
import { accountToml, createWorld, type World } from '../support/world.ts'

let world: World
let etcd: EtcdNode
const homes: Home[] = []
const daemons: RunningDaemon[] = []

before(async () => {
  world = await createWorld({ accessTokenLifetime: 3_600 })
  etcd = await startEtcdNode()
  const { caFile } = world.provider.certificates
  const common = { cluster: etcd, keys: createFleetKeys(), caFile }
  const accounts = `${accountToml(world, 'oidc')}${appToml(world)}`
  homes.push(
    await createHost({ ...common, accounts }),
    await createHost({ ...common, accounts }),
    await createHost({ ...common, accounts, role: 'serve' }),
  )
  for (const home of homes) daemons.push(await startDaemon(home))
})
after(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()))
  await Promise.all(homes.map((home) => home.remove()))
  await etcd.close()
  await world.close()
})

const app = 'app@example.com'

/** An account that nobody signs in for. */
function appToml({ provider }: World): string {
  return `[[account]]
user = "${app}"
provider = "oidc"
grant = "client_credentials"
client_id = "${testClientId}-app-basic"
client_secret = "${testClientSecret}"
authority = "${provider.url}"
scopes = ["mail"]
`
}

/** What all hosts serve, once that is wanted; how long it took in ms. */
async function until(isWanted: (tokens: string[]) => boolean, user = world.user): Promise<number> {
  const beganAt = performance.now()
  for (;;) {
    const tokens = await Promise.all(homes.map((home) => askForToken(home, user)))
    if (isWanted(tokens)) return performance.now() - beganAt
    if (performance.now() - beganAt > 20_000)
      assert.fail(`not so after 20 s: ${daemons.map(({ log }) => JSON.stringify(log)).join('\n')}`)
    await setTimeout(20)
  }
}

const areSame = (tokens: string[]) => tokens[0] !== '' && new Set(tokens).size === 1

test('an account without a sign-in has one token on all hosts, which was asked for once', async () => {
  await until(areSame, app)
  const exchanges = world.provider.refreshes.exchanges.filter(
    ({ grantType }) => grantType === 'client_credentials',
  )
  assert.equal(exchanges.length, 1)
})

test('a sign-in at one host is served by all of them within two seconds', async () => {
  const [first] = daemons
  assert.ok(first)
  await until((tokens) => tokens.every((token) => token === ''))
  const { ca } = world.provider.certificates
  const last = await signInThroughPage(first.control, world.user, { ca })
  assert.equal(last.event, 'completed', JSON.stringify(last))
  assert.ok((await until(areSame)) < 2_000)
})

test('a refresh at another host is served by all, and rotates once', async () => {
  const [before = ''] = await Promise.all(homes.map((home) => askForToken(home, world.user)))
  const [, second] = daemons
  await second?.control.refresh(world.user)
  assert.ok((await until((tokens) => areSame(tokens) && tokens[0] !== before)) < 2_000)
})

test('a host that is started later has the token without asking the provider', async () => {
  const [, second] = daemons
  const requests = world.provider.requests.length
  await second?.stop()
  const [, home] = homes
  assert.ok(home)
  daemons[1] = await startDaemon(home)
  await until(areSame)
  assert.equal(world.provider.requests.length, requests)
})

test('without the engine tokens are served on, a start opens its sockets, and nothing is refreshed', async () => {
  const [first, second] = daemons
  const [home, other] = homes
  assert.ok(first && home && other)
  const token = await askForToken(home, world.user)
  await second?.stop()
  await etcd.kill()
  daemons[1] = await startDaemon(other)
  assert.equal(await askForToken(other, world.user), '')
  const beganAt = performance.now()
  await assert.rejects(first.control.refresh(world.user), { code: 'store_locked' })
  assert.ok(performance.now() - beganAt < 28_000)
  assert.equal(await askForToken(home, world.user), token)
  await etcd.restart()
  await until(areSame)
  await first.control.refresh(world.user)
})

test('status and doctor tell how the engine is', async () => {
  // The engine has just come back: its follower hears of that a moment later, and watches after that.
  const endsAt = performance.now() + 20_000
  const isSound = () =>
    answer?.shared_store?.is_reachable === true && answer.shared_store.error === null
  let answer = await daemons[0]?.control.accounts()
  while (!isSound() && performance.now() < endsAt) {
    await setTimeout(20)
    answer = await daemons[0]?.control.accounts()
  }
  const { shared_store: store, accounts = [] } = answer ?? {}
  assert.deepEqual(
    [store?.is_reachable, store?.is_listed, store?.role, store?.error],
    [true, true, 'renew', null],
  )
  assert.ok((accounts[0]?.record_number ?? 0) >= 2)
})

test('an engine that was restored from a backup has no refresh token that is presented again', async () => {
  const [first, second] = daemons
  const [home] = homes
  assert.ok(first && second && home)
  const snapshot = join(home.directory, 'snapshot')
  await etcd.ctl('snapshot', 'save', snapshot)
  const [before = ''] = await Promise.all(homes.map((one) => askForToken(one, world.user)))
  await first.control.refresh(world.user)
  await until((tokens) => areSame(tokens) && tokens[0] !== before)
  const token = await askForToken(home, world.user)
  await etcd.restore(snapshot)
  const requests = world.provider.requests.length
  for (const daemon of [first, second]) {
    await assert.rejects(
      () => refreshWhenReachable(daemon, world.user),
      expectedError('sign_in_required', 'an older backup', { user: world.user }),
    )
  }
  assert.equal(world.provider.requests.length, requests)
  await until((tokens) => tokens.every((one) => one === token))
  const { ca } = world.provider.certificates
  await signInThroughPage(second.control, world.user, { ca })
  await until((tokens) => areSame(tokens) && tokens[0] !== token)
  await first.control.refresh(world.user)
})

/** An engine that has just come back may not answer at once. */
async function refreshWhenReachable({ control }: RunningDaemon, user: string): Promise<void> {
  const endsAt = performance.now() + 30_000
  for (;;) {
    try {
      return await control.refresh(user)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== 'store_locked' || performance.now() > endsAt) throw error
    }
    await setTimeout(100)
  }
}

for (const command of ['login', 'refresh', 'logout']) {
  test(`${command} at a host that only serves says where to go`, async () => {
    const [, , home] = homes
    assert.ok(home)
    assertResult(await runClient(home, [command, world.user]), 78, `${command} at a serve host`)
  })
}

test('a logout at one host forgets the sign-in on all', async () => {
  const [first] = daemons
  const answer = await first?.control.forgetGrant(world.user, false)
  assert.equal(answer?.is_shared, true)
  assert.ok((await until((tokens) => tokens.every((token) => token === ''))) < 2_000)
})
