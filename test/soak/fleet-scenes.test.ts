/**
 * What FLEET's failure table lists, made to happen to real daemons one by one: hosts and nodes in network namespaces, a provider that
 * ends a sign-in when an old refresh token comes back. They wait for leases of a minute, so they run at the same time.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type LogLine, startDaemon } from '../support/daemon.ts'
import type { EtcdCluster } from '../support/etcd/etcd-cluster.ts'
import { type FaultyWay, openFaultyWay } from '../support/etcd/faulty-way.ts'
import { accountOf, type Fleet, type FleetHost } from '../support/fleet/fleet.ts'
import { createFleetKeys, createHost } from '../support/fleet/hosts.ts'
import { account, begin, refresh, served, until } from '../support/fleet/scene.ts'
import { requireRoot } from './require-root.ts'

/** Resolves with the next line of this event, after those that are there. */
function nextOf(host: FleetHost, event: string): Promise<LogLine> {
  const earlier = new Set(host.daemon.log)
  return host.daemon.logged((line) => line.event === event && !earlier.has(line))
}

function requests(fleet: Fleet): number {
  return fleet.provider.refreshes.length
}

/** Resolves when the provider has rotated for the account, and will answer much later. */
function rotated(fleet: Fleet, answersAfterMs: number): Promise<void> {
  fleet.provider.setWork(60, answersAfterMs)
  return new Promise((resolve) => {
    fleet.provider.onRotated = () => {
      fleet.provider.onRotated = undefined
      fleet.provider.setWork(60, 60)
      resolve()
    }
  })
}

async function within<T>(promise: Promise<T>, limitMs: number, fleet: Fleet): Promise<void> {
  let isThere = false
  void promise.then(() => (isThere = true))
  await until(() => isThere, limitMs, fleet)
}

describe('a fleet', { concurrency: 3 }, () => {
  before(requireRoot)

  test('a host that dies before it asks costs a wait, and no sign-in', async (t) => {
    const { fleet, first, second } = await begin(t, { lifetimeS: 240 })
    const rotations = requests(fleet)
    first.machine?.cut('provider')
    const isClaimed = nextOf(first, 'fleet.claimed')
    void refresh(first)
    await isClaimed
    await first.kill()
    const beganAt = Date.now()
    const early = await refresh(second)
    assert.equal(early.code, 'store_locked', early.message)
    await within(nextOf(second, 'fleet.takeover'), 240_000, fleet)
    t.diagnostic(`taken over after ${Math.round((Date.now() - beganAt) / 1_000)} s of 240`)
    await until(() => requests(fleet) === rotations + 1, 30_000)
    await served(fleet, [second])
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('a pause longer than the lease before the request: nothing is sent, and the other host refreshes', async (t) => {
    const { fleet, first, second } = await begin(t)
    const rotations = requests(fleet)
    first.machine?.cut('provider')
    const isClaimed = nextOf(first, 'fleet.claimed')
    const refreshed = refresh(first)
    await isClaimed
    first.machine?.signal('SIGSTOP')
    await setTimeout(70_000)
    first.machine?.join()
    first.machine?.signal('SIGCONT')
    const { code } = await refreshed
    t.diagnostic(`the host that was stopped: ${code}, ${eventsOf(first)}`)
    assert.equal(requests(fleet), rotations)
    assert.equal((await refresh(second)).code, 'refreshed')
    assert.equal(requests(fleet), rotations + 1)
    await served(fleet, fleet.hosts)
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('a pause longer than the lease with the answer on its way: it is read and written afterwards', async (t) => {
    const { fleet, first, second } = await begin(t)
    const before = await served(fleet, fleet.hosts)
    const hasRotated = rotated(fleet, 2_000)
    const refreshed = refresh(first)
    await hasRotated
    first.machine?.signal('SIGSTOP')
    await setTimeout(70_000)
    // Nobody knows what became of it.
    const meanwhile = await refresh(second)
    assert.equal(meanwhile.code, 'store_locked', meanwhile.message)
    assert.equal(await second.ask(account), before)
    first.machine?.signal('SIGCONT')
    const { code } = await refreshed
    await served(fleet, fleet.hosts, before)
    t.diagnostic(
      `the host that was stopped: ${code}, ${eventsOf(first)}; meanwhile: ${meanwhile.message}`,
    )
    assert.deepEqual(fleet.provider.dead(), [])
    assert.equal((await refresh(second)).code, 'refreshed')
  })

  test('kill -9 with the answer on its way, strict: the sign-in is lost, with one attempt', async (t) => {
    const { fleet, first, second } = await begin(t, {
      lifetimeS: 240,
      hosts: ['renew', 'renew', 'renew'],
    })
    const rotations = requests(fleet)
    const hasRotated = rotated(fleet, 2_000)
    void refresh(first)
    await hasRotated
    await first.kill()
    await until(() => fleet.provider.dead().length > 0, 300_000, fleet)
    // A refusal is checked once more, by one of them.
    await until(async () => (await stateOf(second)) === 'sign_in_required', 200_000, fleet)
    assert.equal(requests(fleet), rotations + 3)
    t.diagnostic(`${eventsOf(second)}; ${fleet.provider.refreshes.length} requests in all`)
  })

  test('the same at a provider that keeps old tokens: another host refreshes once the lease has expired', async (t) => {
    const { fleet, first, second } = await begin(t, { accountToml: 'rotation = "lenient"\n' })
    fleet.provider.isLenient = true
    const before = await served(fleet, fleet.hosts)
    const hasRotated = rotated(fleet, 2_000)
    void refresh(first)
    await hasRotated
    await first.kill()
    const beganAt = Date.now()
    await until(async () => (await refresh(second)).code === 'refreshed', 90_000)
    t.diagnostic(`fresh ${Math.round((Date.now() - beganAt) / 1_000)} s after the death`)
    await served(fleet, [second], before)
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('a host without the engine keeps the answer on its disk, and writes it after kill -9', async (t) => {
    const { fleet, first, second } = await begin(t)
    const before = await served(fleet, fleet.hosts)
    const hasRotated = rotated(fleet, 500)
    void refresh(first)
    await hasRotated
    first.machine?.cut('engine')
    await within(nextOf(first, 'fleet.escrowed'), 60_000, fleet)
    const fresh = await first.ask(account)
    assert.notEqual(fresh, before)
    const escrow = join(first.home.stateDirectory, 'escrow')
    assert.equal(readdirSync(escrow).length > 0, true)
    await first.kill()
    first.machine?.join()
    await first.restart()
    const beganAt = Date.now()
    await until(() => readdirSync(escrow).length === 0, 60_000, fleet)
    t.diagnostic(`written ${Date.now() - beganAt} ms after the start`)
    // The lock of the dead process expires with its lease.
    await until(async () => (await refresh(second)).code === 'refreshed', 90_000, fleet)
    await served(fleet, fleet.hosts, before)
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('certificates that are replaced while an answer waits for the engine are taken, without a restart', async (t) => {
    const { fleet, first } = await begin(t, { hasNetwork: false })
    const { certificates, members } = fleet.engine
    const before = await served(fleet, fleet.hosts)
    const hasRotated = rotated(fleet, 500)
    void refresh(first)
    await hasRotated
    await members[0]?.kill()
    await within(nextOf(first, 'fleet.escrowed'), 60_000, fleet)
    await certificates.replaceAuthority()
    await members[0]?.restart()
    const beganAt = Date.now()
    const escrow = join(first.home.stateDirectory, 'escrow')
    await until(() => readdirSync(escrow).length === 0, 60_000, fleet)
    await served(fleet, fleet.hosts, before)
    t.diagnostic(`written and served by all after ${Date.now() - beganAt} ms`)
    for (const host of fleet.hosts) assert.equal((await refresh(host)).code, 'refreshed')
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('a host that is cut off from all serves what it has, sends nothing, and is up to date afterwards', async (t) => {
    const { fleet, first, second } = await begin(t)
    const before = await served(fleet, fleet.hosts)
    first.machine?.cut('engine', 'provider')
    const { code, message, tookMs } = await refresh(first)
    assert.equal(code, 'store_locked', message)
    assert.equal(tookMs < 28_000, true)
    assert.equal((await refresh(second)).code, 'refreshed')
    assert.equal(await first.ask(account), before)
    first.machine?.join()
    const beganAt = Date.now()
    await served(fleet, fleet.hosts, before)
    t.diagnostic(
      `${message}, after ${(tookMs / 1_000).toFixed(1)} s; up to date after ${Date.now() - beganAt} ms`,
    )
  })

  test('without quorum all tokens are served, nothing is asked, and refreshes go on afterwards', async (t) => {
    const { fleet, first, second } = await begin(t, { nodes: 3, engine: { electionMs: 1_000 } })
    const before = await served(fleet, fleet.hosts)
    const rotations = requests(fleet)
    const [, ...others] = fleet.engine.members
    await Promise.all(others.map((member) => member.kill()))
    const refused = await Promise.all([refresh(first), refresh(second)])
    for (const { code, message, tookMs } of refused) {
      assert.equal(code, 'store_locked', message)
      assert.equal(tookMs < 28_000, true)
    }
    assert.equal(requests(fleet), rotations)
    for (const host of fleet.hosts) assert.equal(await host.ask(account), before)
    await Promise.all(others.map((member) => member.restart()))
    const beganAt = Date.now()
    await until(async () => (await refresh(first)).code === 'refreshed', 30_000)
    const [{ message, tookMs }] = refused
    t.diagnostic(
      `${message}, after ${(tookMs / 1_000).toFixed(1)} s; refreshed ${Date.now() - beganAt} ms after`,
    )
    await served(fleet, fleet.hosts, before)
  })

  test('without space all tokens are served, and the error names it', async (t) => {
    const { fleet, first } = await begin(t, {
      engine: { flags: ['--quota-backend-bytes=20000000'] },
    })
    const before = await served(fleet, fleet.hosts)
    await fleet.engine.ctl('put', '/filler', 'x'.repeat(100_000))
    const fill = () => fleet.engine.ctl('put', '/filler', 'x'.repeat(100_000))
    await until(
      () =>
        fill().then(
          () => false,
          () => true,
        ),
      60_000,
    )
    const rotations = requests(fleet)
    const { code, message } = await refresh(first)
    assert.equal(code, 'store_locked', message)
    assert.match(message, /NOSPACE/)
    assert.equal(requests(fleet), rotations)
    for (const host of fleet.hosts) assert.equal(await host.ask(account), before)
    const status = await fleet.engine.ctl('endpoint', 'status', '--write-out=json')
    await fleet.engine.ctl('compact', /"revision":(\d+)/.exec(status)?.[1] ?? '')
    await fleet.engine.ctl('defrag')
    await fleet.engine.ctl('alarm', 'disarm')
    await until(async () => (await refresh(first)).code === 'refreshed', 30_000)
    await served(fleet, fleet.hosts, before)
    t.diagnostic(message)
  })

  test('a logout is known on all hosts at once, and a refresh that comes home later changes nothing', async (t) => {
    const { fleet, first, second } = await begin(t)
    const hasRotated = rotated(fleet, 1_000)
    void refresh(first)
    await hasRotated
    await second.daemon.control.forgetGrant(account, false)
    const beganAt = Date.now()
    await until(
      async () => (await first.ask(account)) === '' && (await second.ask(account)) === '',
      5_000,
    )
    t.diagnostic(`forgotten on all after ${Date.now() - beganAt} ms`)
    await setTimeout(2_000)
    assert.deepEqual([await first.ask(account), await second.ask(account)], ['', ''])
  })

  test('an engine that takes 1.5 s for each answer is waited for', async (t) => {
    const ways: FaultyWay[] = []
    t.after(() => ways.forEach((way) => way.close()))
    const reach = async ({ members }: EtcdCluster) => {
      ways.push(await openFaultyWay(members[0]?.port ?? 0))
      return ways.map(({ endpoint }) => endpoint)
    }
    const { fleet, first } = await begin(t, { hasNetwork: false, reach })
    const before = await served(fleet, fleet.hosts)
    ways[0]?.set('slow', 1_500)
    const { code, message, tookMs } = await refresh(first)
    assert.equal(code, 'refreshed', message)
    await served(fleet, fleet.hosts, before)
    t.diagnostic(`refreshed after ${(tookMs / 1_000).toFixed(1)} s`)
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('an engine that is restored from a backup: hosts go on, and a strict sign-in is said to be lost', async (t) => {
    const { fleet, first, second } = await begin(t, { hasNetwork: false })
    const snapshot = join(first.home.directory, 'snapshot')
    await fleet.engine.ctl('snapshot', 'save', snapshot)
    assert.equal((await refresh(first)).code, 'refreshed')
    assert.equal((await refresh(second)).code, 'refreshed')
    // A job that has not asked the engine yet when that is restored is another scene.
    const ends = ['fleet.adopted', 'fleet.committed']
    await second.daemon.logged(({ event }) => ends.includes(event))
    const newest = await served(fleet, fleet.hosts)
    await fleet.engine.members[0]?.restore(snapshot)
    await until(
      async () => (await first.daemon.control.accounts()).shared_store?.is_reachable,
      60_000,
    )
    await setTimeout(5_000)
    for (const host of fleet.hosts) assert.equal(await host.ask(account), newest)
    const refused = await refresh(second)
    for (const host of fleet.hosts)
      t.diagnostic(`${host.name}: ${await stateOf(host)}, ${eventsOf(host)}`)
    t.diagnostic(`${refused.code}: ${refused.message}`)
    assert.equal(refused.code, 'sign_in_required')
    assert.equal(await first.ask(account), newest)
    // The refresh token of the backup was not presented again.
    assert.deepEqual(fleet.provider.dead(), [])
  })

  test('hosts that are started again after that know it by their disks, until somebody signs in again', async (t) => {
    const { fleet, first, second } = await begin(t, { hasNetwork: false })
    const { engine, provider, hosts } = fleet
    const snapshot = join(first.home.directory, 'snapshot')
    await engine.ctl('snapshot', 'save', snapshot)
    for (const host of hosts) assert.equal((await refresh(host)).code, 'refreshed')
    await served(fleet, hosts)
    const seen = () =>
      hosts.map(({ home }) => readFileSync(join(home.stateDirectory, 'seen-grants'), 'utf8'))
    // The second one asks the provider, or has what the first one got.
    await until(() => seen().every((lines) => /"number":[23]\}/.test(lines)), 20_000, fleet)
    for (const host of hosts) await host.kill()
    await engine.members[0]?.restore(snapshot)
    for (const host of hosts) await host.restart()
    const rotations = requests(fleet)
    for (const host of hosts) {
      await until(async () => (await refresh(host)).code === 'sign_in_required', 60_000, fleet)
      t.diagnostic(`${host.name}: ${(await refresh(host)).message}`)
    }
    assert.deepEqual([requests(fleet), provider.dead()], [rotations, []])
    const grant = { refresh_token: provider.signIn(account) }
    await second.daemon.control.importGrant(account, grant)
    await served(fleet, hosts)
    for (const host of hosts) assert.equal((await refresh(host)).code, 'refreshed')
    assert.deepEqual(provider.dead(), [])
  })

  test('a host with another key says so, writes nothing, and disturbs nobody', async (t) => {
    const { fleet } = await begin(t, { hasNetwork: false })
    const { engine: cluster, provider } = fleet
    const [keys, accounts] = [createFleetKeys(), accountOf(account, provider.url)]
    const home = await createHost({ cluster, keys, caFile: provider.caFile, accounts })
    const revision = await revisionOf(fleet)
    const daemon = await startDaemon(home)
    t.after(async () => {
      await daemon.stop()
      await home.remove()
    })
    await until(async () => (await daemon.control.accounts()).shared_store?.error, 20_000)
    const { shared_store: store } = await daemon.control.accounts()
    const { code, message } = await daemon.control.refresh(account).then(
      () => assert.fail('refreshed'),
      (error: Error & { code: string }) => error,
    )
    t.diagnostic(`${JSON.stringify(store?.error)}; refresh: ${code}: ${message}`)
    assert.equal(await revisionOf(fleet), revision)
    await served(fleet, fleet.hosts)
  })
})

async function revisionOf({ engine }: Fleet): Promise<string | undefined> {
  const status = await engine.ctl('endpoint', 'status', '--write-out=json')
  return /"revision":(\d+)/.exec(status)?.[1]
}

async function stateOf(host: FleetHost): Promise<string | undefined> {
  return (await host.daemon.control.accounts()).accounts[0]?.state
}

/** What a host logged of the fleet, in order. */
function eventsOf(host: FleetHost): string {
  const events = host.logged().map(({ event }) => event)
  return events.filter((event) => event.startsWith('fleet.')).join(' ')
}
