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

/** A moment on both clocks. */
export interface Deadline {
  wallMs: number
  bootMs: number
}

/** A moment that has passed, whatever the clocks say. */
export const longAgo: Deadline = { wallMs: 0, bootMs: 0 }

/** The moment `delayMs` from now. */
export function deadlineIn(clock: Clock, delayMs: number): Deadline {
  return { wallMs: clock.wallMs() + delayMs, bootMs: clock.bootMs() + delayMs }
}

/** The one of two moments that comes last. */
export function laterOf(one: Deadline, other: Deadline): Deadline {
  return one.bootMs < other.bootMs ? other : one
}

/** Less than this is not a step: the clocks differ by their resolution, and NTP slews one of them. */
const smallestStepMs = 1_000

/** The moment in epoch ms, by a wall clock that may have been set back since. */
export function wallMsOf(clock: Clock, deadline: Deadline): number {
  const byBootMs = clock.wallMs() + deadline.bootMs - clock.bootMs()
  return deadline.wallMs - byBootMs < smallestStepMs ? deadline.wallMs : byBootMs
}

/** True as soon as either clock has reached the moment, so that no step of one of them hides it. */
export function hasPassed(clock: Clock, deadline: Deadline): boolean {
  return clock.wallMs() >= deadline.wallMs || clock.bootMs() >= deadline.bootMs
}
