import { getHeapStatistics, queryObjects } from 'node:v8'
import { trimMemory } from './trim-memory.ts'

/** The first refreshes have been answered by then. */
const afterMs = 1_000
/** Whoever works more than a third of the time is still being asked. */
const busyUs = (afterMs * 1_000) / 3
/** To collect a larger heap would hold up those who ask for a token. */
const largestHeapBytes = 16 * 1024 * 1024

let isHeld = false

/**
 * Soon after a start, or a burst of requests: what that took and nobody needs any more goes back to the kernel. An idle
 * daemon makes so little garbage that V8 would never look for it. Of the functions that every Node has,
 * `queryObjects` alone begins with a full collection; what it counts does not matter. Where there is much to do it
 * waits: beside 20,000 connections it takes 180 ms.
 */
export function giveBackMemory(garbageBytes = 0): void {
  const before = process.cpuUsage()
  const timer = setTimeout(() => {
    if (isHeld) return
    const { user, system } = process.cpuUsage(before)
    if (user + system > busyUs) return giveBackMemory(garbageBytes)
    if (getHeapStatistics().used_heap_size <= largestHeapBytes + garbageBytes) collect()
    trimMemory()
  }, afterMs)
  timer.unref()
}

/**
 * Until what it returns is called, nothing of this process is given back, whoever has asked for it. The collection takes
 * from V8 what it has seen of the functions: what it compiles in that burst is slower for good. A daemon that is asked
 * very often in its first second had 29 functions compiled for nothing instead of 3 on Node 24, and took 1.27 of a bare
 * server's CPU for a request instead of 1.07.
 */
export function holdMemory(): () => void {
  isHeld = true
  return () => {
    isHeld = false
  }
}

/** Node warns of a function that may change, on a log where every line is an event. */
function collect(): void {
  const node: { emitWarning: unknown } = process
  const { emitWarning } = node
  node.emitWarning = () => {}
  try {
    queryObjects(WeakRef)
  } finally {
    node.emitWarning = emitWarning
  }
}
