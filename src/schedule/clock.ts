import { uptime } from 'node:os'

/** The two clocks that expiry runs on; the earlier one wins. */
export interface Clock {
  /** Epoch ms: what the provider means, but a person or NTP may step it. */
  wallMs(): number
  /** Ms since boot, counting on through suspend, never stepped. */
  bootMs(): number
}

/**
 * Ms since this process started, standing still during suspend. As performance.now(), whose first use
 * loads 0.4 MiB more.
 */
export function runningMs(): number {
  return process.uptime() * 1_000
}

/** Where a clock of two faces comes from, in ms. */
interface ClockSources {
  wallMs(): number
  runningMs(): number
  /** Since boot, with suspends; takes 5 us, because it reads a file. */
  uptimeMs(): number
}

const machine: ClockSources = { wallMs: Date.now, runningMs, uptimeMs: () => uptime() * 1_000 }
/** For how long a measurement of what was suspended is good, if no clock shows another suspend. */
const measurementLifeMs = 1_000

/** The machine's own clocks. */
export function createSystemClock(sources: ClockSources = machine): Clock {
  let suspendedMs = 0
  let measured = { wallMs: 0, runningMs: Number.NEGATIVE_INFINITY }
  return {
    wallMs: () => sources.wallMs(),
    bootMs: () => {
      const [wallMs, runningMs] = [sources.wallMs(), sources.runningMs()]
      const ranMs = runningMs - measured.runningMs
      // A suspend moves the wall clock at once: a token that comes now must not be dated before it.
      const strayedMs = Math.abs(wallMs - measured.wallMs - ranMs)
      if (Math.max(ranMs, strayedMs) >= measurementLifeMs) {
        measured = { wallMs, runningMs }
        suspendedMs = sources.uptimeMs() - runningMs
      }
      return runningMs + suspendedMs
    },
  }
}

/** One instant, as both clocks show it. */
export interface Instant {
  wallMs: number
  bootMs: number
}

/** An instant that has passed, whatever the clocks say. */
export const longAgo: Instant = { wallMs: 0, bootMs: 0 }

/** The instant `delayMs` from now. */
export function instantIn(clock: Clock, delayMs: number): Instant {
  return { wallMs: clock.wallMs() + delayMs, bootMs: clock.bootMs() + delayMs }
}

/** The later one of two. */
export function laterOf(one: Instant, other: Instant): Instant {
  return one.bootMs < other.bootMs ? other : one
}

/** Less than this is not a step: the clocks differ by their resolution, and NTP slews one of them. */
const smallestStepMs = 1_000

/** An instant in epoch ms, by a wall clock that may have been set back since. */
export function wallMsOf(clock: Clock, instant: Instant): number {
  const byBootMs = clock.wallMs() + instant.bootMs - clock.bootMs()
  return instant.wallMs - byBootMs < smallestStepMs ? instant.wallMs : byBootMs
}

/** True as soon as either clock has reached the instant, so that no step of one of them hides it. */
export function hasPassed(clock: Clock, instant: Instant): boolean {
  return clock.wallMs() >= instant.wallMs || clock.bootMs() >= instant.bootMs
}
