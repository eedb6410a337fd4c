import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../daemon/socket/token-socket.ts'
import { percentile } from '../support/percentile.ts'

/** How long a server took to answer. */
export interface Measurement {
  answers: number
  p50Ms: number
  p99Ms: number
  longestMs: number
  /** What went wrong, once for each time. */
  failures: string[]
}

const intervalMs = 5

/** Sends the request every 5 ms, however long the answers take, until told to stop. */
export async function measureAnswers(
  path: string,
  request: string,
  signal: AbortSignal,
): Promise<Measurement> {
  const latencies: number[] = []
  const failures: string[] = []
  const asked: Promise<void>[] = []
  for (let next = performance.now(); !signal.aborted; next += intervalMs) {
    await delay(Math.max(0, next - performance.now()))
    const askedAt = performance.now()
    const answered = ask(path, request)
      .then(() => void latencies.push(performance.now() - askedAt))
      .catch((error: NodeJS.ErrnoException) => void failures.push(error.code ?? error.message))
    asked.push(answered)
  }
  await Promise.all(asked)
  return {
    answers: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    longestMs: percentile(latencies, 1),
    failures,
  }
}

/** The measurement in words. */
export function describe({ answers, p50Ms, p99Ms, longestMs, failures }: Measurement): string {
  return (
    `${answers} answers, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ` +
    `longest ${longestMs.toFixed(0)} ms, ${failures.length} failures ${[...new Set(failures)].join()}`
  )
}
