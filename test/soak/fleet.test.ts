/**
 * Five daemons, three nodes of etcd and a strictly rotating provider, each in a network namespace, under faults: kill -9, pauses longer
 * than the lease, hosts and nodes that are cut off. FLEET_SECONDS and FLEET_SEED give another length, and other faults.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseGrantRecord } from '../../src/fleet/fleet-records.ts'
import type { LogLine } from '../support/daemon.ts'
import { createClient } from '../support/etcd/clients.ts'
import { prefix } from '../support/etcd/users.ts'
import { type Fault, planFaults, sample, sufferFaults } from '../support/fleet/chaos.ts'
import { type Fleet, startFleet } from '../support/fleet/fleet.ts'
import { percentile } from '../support/percentile.ts'
import { requireRoot } from './require-root.ts'

const durationMs = Number(process.env.FLEET_SECONDS ?? 1_200) * 1_000
const seed = Number(process.env.FLEET_SEED ?? 7)
/** Pauses are longer than the lease of a lock (60 s), and a token lives through one. */
const [pauseMs, lifetimeS] = [75_000, 240]
const share = durationMs / 1_200_000
const counts = {
  host_killed: Math.round(13 * share),
  host_stopped: Math.round(7 * share),
  host_cut_off: Math.round(6 * share),
  node_killed: Math.round(2 * share),
  node_cut_off: Math.round(2 * share),
}

let fleet: Fleet
before(async () => {
  requireRoot()
  fleet = await startFleet({
    nodes: 3,
    hosts: ['renew', 'renew', 'renew', 'renew', 'renew'],
    accounts: 20,
    lifetimeS,
    hasNetwork: true,
    engine: { electionMs: 1_000 },
  })
})
after(() => fleet.close())

function show(what: string, value: string | number): void {
  console.log(`${what}: ${value}`)
}

test('no sign-in is lost but of hosts that died between the request and the record', async () => {
  await fleet.signInAll()
  const size = { hosts: fleet.hosts.length, nodes: 3, durationMs, pauseMs }
  const plan = planFaults(seed, counts, size)
  const beganAtMs = Date.now()
  const faultsOf = (index: number, atMs: number) =>
    plan.filter((fault) => {
      const isOfHost = fault.kind.startsWith('host') && fault.index === index
      return isOfHost && atMs >= fault.atMs && atMs <= fault.atMs + fault.forMs + 2_000
    })
  const isUp = (host: { name: string }) => {
    const index = fleet.hosts.findIndex(({ name }) => name === host.name)
    return faultsOf(index, Date.now() - beganAtMs).length === 0
  }
  const ending = new AbortController()
  const sampling = sample(fleet, isUp, 3_000, ending.signal)
  const [samples] = await Promise.all([
    sampling,
    sufferFaults(fleet, plan)
      .then(
        () => new Promise((resolve) => setTimeout(resolve, durationMs - (Date.now() - beganAtMs))),
      )
      .finally(() => ending.abort()),
  ])

  const { refreshes } = fleet.provider
  const generations = await countGenerations()
  show('faults', JSON.stringify(counts))
  show('requests to the provider', refreshes.length)
  show('token generations in the engine', generations)
  show('requests per generation', (refreshes.length / generations).toFixed(3))
  showIntervals()
  const losses = fleet.provider.dead().map((account) => explainLoss(account, plan, beganAtMs))
  for (const { account, why } of losses) show(`lost ${account}`, why)
  const shortShare = samples.short.length / samples.asked
  show('account-samples without a token', `${samples.short.length} of ${samples.asked}`)
  for (const { host, account, atMs } of samples.short.slice(0, 20)) {
    show('short', `${host} ${account} at ${Math.round((atMs - beganAtMs) / 1_000)} s`)
  }
  showLogs()
  assert.deepEqual(
    losses.filter(({ isExplained }) => !isExplained),
    [],
  )
  assert.equal(refreshes.length / generations <= 1.02 + losses.length / generations, true)
  assert.equal(shortShare < 0.002, true)
})

async function countGenerations(): Promise<number> {
  const client = createClient(fleet.engine)
  let generations = 0
  await client.list(`${prefix}grant/`, (page) => {
    for (const { value } of page) generations += parseGrantRecord(value)?.n ?? 0
  })
  client.close()
  return generations
}

/** A loss is explained by a host that met a fault between the last rotation and its record. */
function explainLoss(account: string, plan: readonly Fault[], beganAtMs: number) {
  const { refreshes } = fleet.provider
  const reused = refreshes.findIndex((one) => one.account === account && one.outcome === 'reused')
  const before = refreshes.slice(0, reused).filter((one) => one.account === account)
  const last = before.findLast(({ outcome }) => outcome === 'rotated')
  const index = fleet.hosts.findIndex(({ machine }) => machine?.providerAddress === last?.from)
  const lastMs = (last?.atMs ?? 0) - beganAtMs
  const fault = plan.find(({ kind, index: of, atMs }) => {
    return kind.startsWith('host') && of === index && atMs >= lastMs - 500 && atMs <= lastMs + 3_000
  })
  const after = Math.round((fault?.atMs ?? 0) - lastMs)
  const why =
    fault === undefined
      ? `not explained: rotated for host${index + 1} at ${Math.round(lastMs)} ms`
      : `host${index + 1} ${fault.kind} ${after} ms after the provider rotated`
  return { account, why, isExplained: fault !== undefined }
}

function showIntervals(): void {
  const last = new Map<string, number>()
  const shares: number[] = []
  for (const { account, atMs, outcome } of fleet.provider.refreshes) {
    if (outcome !== 'rotated') continue
    const before = last.get(account)
    if (before !== undefined) shares.push((atMs - before) / (lifetimeS * 1_000))
    last.set(account, atMs)
  }
  const [p5, p50, p95] = [0.05, 0.5, 0.95].map((at) => percentile(shares, at).toFixed(2))
  show('intervals in lifetimes p5, p50, p95', `${p5} ${p50} ${p95}`)
  show('sooner than 0.4 of a lifetime', shares.filter((one) => one < 0.4).length)
}

/** What the hosts' logs say: how often what happened, and how long a record took to come to the others. */
function showLogs(): void {
  const counted: Record<string, number> = {}
  const claimedAt = new Map<unknown, number>()
  const [claims, news]: [number[], number[]] = [[], []]
  const lines = fleet.hosts.flatMap((host) => host.logged())
  for (const line of lines) {
    if (line.event.startsWith('fleet.')) counted[line.event] = (counted[line.event] ?? 0) + 1
    if (line.event === 'fleet.claimed') claimedAt.set(line.job, timeOf(line))
    const claimedAtMs = claimedAt.get(line.job)
    if (line.event === 'fleet.committed' && claimedAtMs !== undefined) {
      claims.push(timeOf(line) - claimedAtMs)
    }
  }
  const refreshedAt = new Map<unknown, number>()
  for (const line of lines) {
    if (line.event === 'token.refreshed') refreshedAt.set(line.fingerprint, timeOf(line))
  }
  for (const line of lines) {
    const at = refreshedAt.get(line.fingerprint)
    if (line.event === 'token.adopted' && at !== undefined) news.push(timeOf(line) - at)
  }
  show('events', JSON.stringify(counted))
  show('from the claim to the record, ms p50, p99', figures(claims))
  show('from one host to another, ms p50, p99', figures(news))
}

function timeOf({ time }: LogLine): number {
  return Date.parse(String(time))
}

function figures(of: readonly number[]): string {
  return `${percentile(of, 0.5)} ${percentile(of, 0.99)} (${of.length})`
}
