/**
 * An engine of three nodes is upgraded from etcd 3.4 to 3.5, node by node, under three daemons that refresh strict sign-ins. Takes six
 * minutes, and etcd 3.5: CMS_OAUTH_ETCD_35 names the directory of its programs.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { runClient } from '../support/daemon.ts'
import { createClient } from '../support/etcd/clients.ts'
import { newerEtcd } from '../support/etcd/programs.ts'
import { sample } from '../support/fleet/chaos.ts'
import { type Fleet, startFleet } from '../support/fleet/fleet.ts'
import { until } from '../support/fleet/scene.ts'

const lifetimeS = 80
/** Before the first node, between two, and after the last: every account is due within 0.68 of a lifetime. */
const pauseMs = lifetimeS * 1_000

let fleet: Fleet
let program: string
before(async () => {
  program = newerEtcd()
  fleet = await startFleet({
    nodes: 3,
    hosts: ['renew', 'renew', 'renew'],
    accounts: 20,
    lifetimeS,
    // The default of etcd.
    engine: { electionMs: 1_000 },
  })
})
after(() => fleet?.close())

test('an engine that is upgraded node by node loses no sign-in, and no host is without a token', async (t) => {
  await fleet.signInAll()
  for (const account of fleet.accounts) {
    await until(() => isServed(account), 20_000, fleet)
  }
  assert.match(await engineVersions(), /^(?:3\.4\.\d+ ?){3}$/)
  const ending = new AbortController()
  const sampling = sample(fleet, () => true, 1_000, ending.signal)
  const marks = [Date.now()]
  try {
    await setTimeout(pauseMs)
    for (const [index, member] of fleet.engine.members.entries()) {
      const beganAt = performance.now()
      await member.upgrade(program)
      const tookS = ((performance.now() - beganAt) / 1_000).toFixed(1)
      t.diagnostic(`node ${index + 1} serves after ${tookS} s: ${await engineVersions()}`)
      marks.push(Date.now())
      await setTimeout(pauseMs)
    }
  } finally {
    ending.abort()
  }
  const { asked, short } = await sampling
  const { refreshes } = fleet.provider
  const inEach = marks.map((from, index) => countFrom(from, marks[index + 1] ?? Infinity))
  t.diagnostic(`requests to the provider: ${refreshes.length}, in each part ${inEach.join(', ')}`)
  t.diagnostic(`account-samples without a token: ${short.length} of ${asked}`)

  assert.deepEqual(
    refreshes.filter(({ outcome }) => outcome !== 'rotated'),
    [],
  )
  assert.deepEqual(fleet.provider.dead(), [])
  assert.deepEqual(short, [])
  for (const count of inEach) assert.ok(count >= fleet.accounts.length, `${count} refreshes`)
  assert.match(await engineVersions(), /^(?:3\.5\.\d+ ?){3}$/)
  for (const { home } of fleet.hosts) {
    assert.match((await runClient(home, ['status'])).stdout, /: 3\.5\.\d+ at https:/)
  }
})

async function isServed(account: string): Promise<boolean> {
  const tokens = await Promise.all(fleet.hosts.map((host) => host.ask(account, 2_000)))
  return tokens.every((token) => fleet.provider.isLive(account, token))
}

/** What each node says that it is. */
async function engineVersions(): Promise<string> {
  const versions = fleet.engine.endpoints.map(async (endpoint) => {
    const client = createClient(fleet.engine, { endpoints: [endpoint] })
    try {
      return (await client.status()).version
    } finally {
      client.close()
    }
  })
  return (await Promise.all(versions)).join(' ')
}

function countFrom(fromMs: number, toMs: number): number {
  return fleet.provider.refreshes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length
}
