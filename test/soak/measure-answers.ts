import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../daemon/socket/token-socket.ts'
import { percentile } from '../support/percentile.ts'

/** How long a server took to answer. */
export interface Measurement {
  answers: number
  p50Ms: number
  p99Ms: number
  longestMs: number
  /** The most that the server's own thread worked while somebody waited: what the rest of the machine did is not in it. */
  longestWorkMs: number
  /** What went wrong, once for each time. */
  failures: string[]
}

const intervalMs = 5

/** Sends the request every 5 ms, however long the answers take, until told to stop; `pid` is the server's. */
export async function measureAnswers(
  path: string,
  request: string,
  signal: AbortSignal,
  pid?: number,
): Promise<Measurement> {
  const latencies: number[] = []
  const works: number[] = []
  const failures: string[] = []
  const asked: Promise<void>[] = []
  for (let next = performance.now(); !signal.aborted; next += intervalMs) {
    await delay(Math.max(0, next - performance.now()))
    const askedAt = performance.now()
    const workedMs = workMs(pid)
    const answered = ask(path, request)
      .then(() => {
        latencies.push(performance.now() - askedAt)
        works.push(workMs(pid) - workedMs)
      })
      .catch((error: NodeJS.ErrnoException) => void failures.push(error.code ?? error.message))
    asked.push(answered)
  }
  await Promise.all(asked)
  return {
    answers: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    longestMs: percentile(latencies, 1),
    longestWorkMs: percentile(works, 1),
    failures,
  }
}

/** What the main thread of a process has worked, in ms (proc(5): schedstat); 0 of nobody. */
function workMs(pid: number | undefined): number {
  if (pid === undefined) return 0
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')
  return Number(nanoseconds) / 1e6
}

/** The measurement in words. */
export function describe({ answers, p50Ms, p99Ms, longestMs, failures }: Measurement): string {
  return (
    `${answers} answers, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ` +
    `longest ${longestMs.toFixed(0)} ms, ${failures.length} failures ${[...new Set(failures)].join()}`
  )
}
