import type { LaterOutcome } from '../../messages/sender-messages.ts'
import { runningMs } from '../../schedule/clock.ts'
import type { EntryState } from '../spool/entry-state.ts'
import { type QueueEntry, triedForMs } from './queue.ts'

const firstMs = 10 * 60_000
const longestMs = 24 * 3_600_000

/**
 * How long a message waits after so many tries that may have sent it, each of which may be a copy. One answer that
 * was lost costs no time; after that it is for about as long as the trouble has gone on.
 */
export function uncertainPauseMs(tries: number): number {
  return tries < 2 ? 0 : Math.min(firstMs * 2 ** (tries - 2), longestMs)
}

/** Takes note of a try that failed, and gives what is to be remembered of it. */
export function countFailure(
  entry: QueueEntry,
  { reason, hint, isUncertain = false, isOfMessage = false }: LaterOutcome,
): EntryState {
  entry.tries += 1
  entry.failuresInARow += 1
  Object.assign(entry, { reason, hint, isPassedOver: isOfMessage })
  if (isUncertain) {
    entry.uncertainTries += 1
    entry.notBeforeMs = runningMs() + uncertainPauseMs(entry.uncertainTries)
  }
  const { tries, uncertainTries } = entry
  return { tries, reason, hint, triedMs: triedForMs(entry), uncertainTries }
}

/** True for the one try after which somebody is told: this message may arrive often. */
export function isWorthTelling(entry: QueueEntry, { isUncertain = false }: LaterOutcome): boolean {
  return isUncertain && entry.uncertainTries === 3
}

/** It is tried as soon as its account is. */
export const due = { failuresInARow: 0, notBeforeMs: 0 }

/** Its time begins now. */
export function untried(): Pick<QueueEntry, 'triedMs' | 'sinceMs'> {
  return { triedMs: 0, sinceMs: runningMs() }
}
