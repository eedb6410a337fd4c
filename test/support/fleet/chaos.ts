/** Faults that happen to a fleet, by a plan that a seed makes, and what its accounts have of it. */
import { setTimeout } from 'node:timers/promises'
import type { Fleet, FleetHost } from './fleet.ts'

/** What happens to hosts and nodes, and for how long. */
export type FaultKind =
  'host_killed' | 'host_stopped' | 'host_cut_off' | 'node_killed' | 'node_cut_off'

/** One of the plan. */
export interface Fault {
  kind: FaultKind
  /** Of the host or node. */
  index: number
  /** Since the beginning. */
  atMs: number
  /** Until it is over. */
  forMs: number
}

/** How many of each. */
export type FaultCounts = Record<FaultKind, number>

/** A plan; no host and no engine has two faults at once. */
export function planFaults(
  seed: number,
  counts: FaultCounts,
  size: { hosts: number; nodes: number; durationMs: number; pauseMs: number },
): Fault[] {
  const random = createRandom(seed)
  const { hosts, nodes, durationMs, pauseMs } = size
  const plan: Fault[] = []
  const isFree = (fault: Fault) =>
    plan.every((other) => {
      const isApart = other.atMs > end(fault) || end(other) < fault.atMs
      const isOther =
        isOfNode(other) !== isOfNode(fault) || (!isOfNode(fault) && other.index !== fault.index)
      return isApart || isOther
    })
  for (const [kind, count] of Object.entries(counts) as [FaultKind, number][]) {
    for (let made = 0, tries = 0; made < count && tries < 1_000; tries++) {
      const forMs = kind === 'host_killed' ? pauseMs * 0.1 * (1 + random()) : pauseMs
      const atMs = random() * (durationMs - forMs)
      const index = Math.floor(random() * (kind.startsWith('node') ? nodes : hosts))
      const fault = { kind, index, atMs, forMs }
      if (!isFree(fault)) continue
      plan.push(fault)
      made++
    }
  }
  return plan.toSorted((a, b) => a.atMs - b.atMs)
}

function isOfNode({ kind }: Fault): boolean {
  return kind.startsWith('node')
}

/** A host recovers before the next fault meets it. */
function end({ atMs, forMs }: Fault): number {
  return atMs + forMs + 20_000
}

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Has the faults happen; resolves when all are over. */
export async function sufferFaults(fleet: Fleet, plan: readonly Fault[]): Promise<void> {
  await Promise.all(
    plan.map(async (fault) => {
      await setTimeout(fault.atMs)
      await suffer(fleet, fault)
    }),
  )
}

async function suffer(fleet: Fleet, { kind, index, forMs }: Fault): Promise<void> {
  const [host, node] = [fleet.hosts[index], fleet.engine.members[index]]
  switch (kind) {
    case 'host_killed':
      await host?.kill()
      await setTimeout(forMs)
      // As systemd does.
      return host?.restart().catch(() => host.restart())
    case 'host_stopped':
      host?.machine?.signal('SIGSTOP')
      await setTimeout(forMs)
      return host?.machine?.signal('SIGCONT')
    case 'host_cut_off':
      host?.machine?.cut('engine', 'provider')
      await setTimeout(forMs)
      return host?.machine?.join()
    case 'node_killed':
      await node?.kill()
      await setTimeout(forMs)
      return node?.restart()
    case 'node_cut_off':
      fleet.machines[index]?.cut('engine')
      await setTimeout(forMs)
      return fleet.machines[index]?.join()
  }
}

/** What was asked of hosts that were up. */
export interface Samples {
  asked: number
  /** Without a token that is good at the provider, though the sign-in lives. */
  short: { host: string; account: string; atMs: number }[]
}

/** Asks every host that is up for every account, again and again until it is told to end. */
export async function sample(
  fleet: Fleet,
  isUp: (host: FleetHost) => boolean,
  everyMs: number,
  signal: AbortSignal,
): Promise<Samples> {
  const samples: Samples = { asked: 0, short: [] }
  while (!signal.aborted) {
    const [next, dead] = [setTimeout(everyMs), new Set(fleet.provider.dead())]
    for (const host of fleet.hosts.filter(isUp)) {
      for (const account of fleet.accounts.filter((one) => !dead.has(one))) {
        const token = await host.ask(account, 2_000)
        if (!isUp(host) || fleet.provider.dead().includes(account)) continue
        samples.asked++
        const isGood = fleet.provider.isLive(account, token)
        if (!isGood) samples.short.push({ host: host.name, account, atMs: Date.now() })
      }
    }
    await next
  }
  return samples
}
