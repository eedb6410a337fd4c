import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { giveBackMemory, holdMemory } from '../kernel/give-back-memory.ts'
import type { TokenSource } from './socket/token-source.ts'

const burst = { requests: 500, withinSeconds: 10 }
/**
 * From 1 MiB to 4, and no further. With 1 MiB the collector runs every 80 requests and moves the open connections to the
 * old generation each time: one client's p99 is twice a bare server's then, and 1.3 of it with 4 MiB.
 */
const youngGenerationGrowth = 4

/** So much of the heap may be garbage of a burst: V8 lets it grow to about that before it collects all of it. */
const garbageBytes = 16 * 1024 * 1024
/** A burst is over when no more than this are asked in that time. */
const quiet = { requests: 50, ms: 5_000 }

/**
 * The same tokens, and what a burst of requests is worth: V8's optimizing compiler, and a larger young generation.
 * When it is over, what it took is given back: 8 MiB and more. The compiler stays: to switch it off again gave nothing back.
 * bin/cms-oauthd.js starts without: compiling one small function takes 4 MiB on Node 20 and 8 on Node 24, most of it the compiler's own
 * code, which an idle daemon would hold for good.
 */
export function optimizeUnderLoad(tokens: TokenSource): TokenSource {
  let onRequest = atBurst(begin)
  let smallBytes: number | undefined
  function begin(): void {
    const release = holdMemory()
    setFlagsFromString('--opt')
    smallBytes ??= youngGenerationBytes()
    onRequest = growYoungGeneration(smallBytes, () => {
      release()
      giveBackMemory(garbageBytes)
      onRequest = atBurst(begin)
    })
  }
  return {
    serve(user) {
      onRequest()
      return tokens.serve(user)
    },
  }
}

/** To be called for each request; calls `begin` once so many have come in a short time. */
function atBurst(begin: () => void): () => void {
  let requests = 0
  let since = 0
  return () => {
    const now = process.uptime()
    if (now - since > burst.withinSeconds) [requests, since] = [0, now]
    if (++requests === burst.requests) begin()
  }
}

/**
 * To be called for each request from now on; calls `end` once few have asked for a while. V8 grows it when
 * enough has survived, would grow it again and again, and makes it small once more when little is asked.
 */
function growYoungGeneration(smallBytes: number, end: () => void): () => void {
  let requests = 0
  const endUnlessBusy = (requestsBefore: number): void => {
    const timer = setTimeout(() => {
      if (requests - requestsBefore > quiet.requests) return endUnlessBusy(requests)
      setYoungGenerationGrowth(1)
      end()
    }, quiet.ms)
    timer.unref()
  }
  setYoungGenerationGrowth(youngGenerationGrowth)
  endUnlessBusy(0)
  return () => {
    if (++requests % burst.requests !== 0) return
    setYoungGenerationGrowth(youngGenerationBytes() > smallBytes ? 1 : youngGenerationGrowth)
  }
}

function setYoungGenerationGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}

function youngGenerationBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
  )
}
