/**
 * Hosts under a scheduler of the test: at each point at which one waits for the engine or the provider, it
 * goes on, loses an answer, sleeps past its lease, is killed, or the engine is away. An old refresh token
 * reaches the provider only by a takeover, in the last quarter of the token that all hosts have.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FleetEvent } from '../../../src/messages/renewer-messages.ts'
import type { CallFate } from '../store/call-fate.ts'
import {
  type FleetHost,
  fleetWorld,
  type FleetWorld,
  refreshTokenIn,
  type HostNews,
  signIn,
  takeoverAt,
  turns,
} from './fleet-world.ts'

const seeds = 150
const steps = 300
const minuteMs = 60_000
const names = ['a', 'b', 'c']

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A host that waits. */
interface Point {
  host: Process
  kind: 'engine' | 'provider'
  /** Of the engine: something may be changed by it. */
  writes: boolean
  go: (fate: CallFate) => void
}

/** One life of a host. */
interface Process {
  host: FleetHost
  isBusy: boolean
  isDead: boolean
  /** It goes on at no point before this step. */
  frozenUntil: number
}

class Trial {
  readonly world: FleetWorld
  readonly #random: () => number
  #points: Point[] = []
  #processes: Process[]
  #step = 0
  #isHealed = false
  #isOver = false
  /** Whether a host could not know better when it claimed, and had waited long enough. */
  readonly #isExcused = new Map<string, boolean>()
  /** What nobody had to present. */
  readonly avoidable: string[] = []

  constructor(t: TestContext, kind: 'etcd' | 'memory', seed: number) {
    this.world = fleetWorld(t, kind)
    this.#random = randomOf(seed)
    this.#processes = names.map((name) => this.#begin(name))
    this.world.onNews.push((news) => this.#judge(news))
    this.world.provider.onReuse = (host) => {
      // What comes after the first is about a sign-in that is lost already.
      if (this.world.provider.reuses === 1 && this.#isExcused.get(host) !== true)
        this.avoidable.push(`${host} was not to present it`)
    }
  }

  #judge({ event, at }: HostNews): void {
    if (event !== 'claimed') return
    const { provider, clock } = this.world
    const isKnown = refreshTokenIn(this.world) === provider.current
    this.#isExcused.set(at, !isKnown && clock.wallMs() >= takeoverAt(this.world))
  }

  async run(): Promise<void> {
    const first = this.world.host('seed')
    await signIn(this.world, first)
    for (; this.#step < steps; this.#step++) {
      this.#act()
      for (let left = 2; left > 0; left--) await new Promise(setImmediate)
    }
    await this.#heal()
  }

  /** Every host has the newest token in the end, unless the sign-in was lost. */
  async settle(): Promise<void> {
    const { clock, provider } = this.world
    clock.advance(60 * minuteMs)
    for (const { host } of this.#processes) {
      await host.refresh().catch((error: unknown) => {
        if (provider.reuses === 0) throw error
      })
    }
    if (provider.reuses > 0) return
    const tokens = this.#processes.map(({ host }) => host.token?.accessToken)
    assert.equal(new Set(tokens).size, 1)
    assert.equal(refreshTokenIn(this.world), provider.current)
  }

  /** Has the dead come to their ends too, which is not judged. */
  async end(): Promise<void> {
    this.world.provider.onReuse = () => {}
    this.#isOver = true
    for (const { go } of this.#points) go('unavailable')
    await turns()
  }

  #begin(name: string): Process {
    const made: Process = { host: undefined as never, isBusy: false, isDead: false, frozenUntil: 0 }
    const wait = (kind: Point['kind'], writes: boolean) =>
      new Promise<CallFate>((go) => {
        if (this.#isOver) go('unavailable')
        else if (this.#isHealed && !made.isDead) go('done')
        else this.#points.push({ host: made, kind, writes, go })
      })
    made.host = this.world.host(name, {
      engine: (writes) => wait('engine', writes),
      provider: async () => ((await wait('provider', false)) === 'lost' ? 'lost' : 'done'),
    })
    return made
  }

  #act(): void {
    const chance = this.#random()
    if (chance < 0.76) this.#goOn()
    else if (chance < 0.9) this.#ask(this.#pick(this.#processes))
    else if (chance < 0.93) this.world.clock.advance(this.#random() * minuteMs)
    else if (chance < 0.94) this.world.clock.advance(this.#random() * 30 * minuteMs)
    else if (chance < 0.98) this.#pick(this.#processes).frozenUntil = this.#step + 30
    else this.#kill()
  }

  #goOn(): void {
    const free = this.#points.filter(({ host }) => !host.isDead && host.frozenUntil <= this.#step)
    if (free.length === 0) return
    const point = this.#pick(free)
    this.#points = this.#points.filter((other) => other !== point)
    const chance = this.#random()
    if (point.kind === 'provider') return point.go(chance < 0.04 ? 'lost' : 'done')
    point.go(chance < 0.04 ? 'lost' : chance < 0.08 ? 'unavailable' : 'done')
  }

  #ask(process: Process): void {
    if (process.isBusy || process.isDead) return
    process.isBusy = true
    const done = () => {
      process.isBusy = false
    }
    process.host.refresh().then(done, done)
  }

  #kill(): void {
    const victim = this.#pick(this.#processes)
    victim.isDead = true
    const { name } = victim.host
    this.#processes = this.#processes.map((one) => (one === victim ? this.#begin(name) : one))
    void this.#processes.find(({ host }) => host.name === name)?.host.store.replay()
  }

  async #heal(): Promise<void> {
    this.#isHealed = true
    for (const { host, go } of this.#points) if (!host.isDead) go('done')
    await turns()
    this.world.clock.advance(2 * minuteMs)
    for (const { host } of this.#processes) await host.store.replay()
    await turns()
  }

  #pick<T>(some: readonly T[]): T {
    return some[Math.floor(this.#random() * some.length)] as T
  }
}

for (const kind of ['etcd', 'memory'] as const) {
  test(`whatever happens to hosts, no sign-in is lost that could be kept (${kind})`, async (t) => {
    const seen = new Set<FleetEvent>()
    let lost = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const trial = new Trial(t, kind, seed)
      await trial.run()
      assert.deepEqual(trial.avoidable, [], `seed ${seed}`)
      await trial.settle()
      assert.deepEqual(trial.avoidable, [], `seed ${seed}`)
      for (const { event } of trial.world.news) seen.add(event)
      lost += trial.world.provider.reuses > 0 ? 1 : 0
      await trial.end()
    }
    const all: FleetEvent[] = [
      'claimed',
      'committed',
      'adopted',
      'takeover',
      'ambiguous',
      'superseded',
      'escrowed',
      'lease_too_short',
    ]
    assert.deepEqual(
      all.filter((event) => !seen.has(event)),
      [],
      'the trials have met all that there is',
    )
    t.diagnostic(`${lost} of ${seeds} sign-ins lost`)
  })
}
