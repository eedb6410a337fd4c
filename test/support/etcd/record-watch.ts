import type { EtcdClient } from '../../../src/etcd/etcd-client.ts'
import type { Watch, WatchEnd, WatchEvent } from '../../../src/etcd/watch.ts'

/** A watch of a test, and what it was told. */
export interface RecordedWatch {
  watch: Watch
  events: WatchEvent[]
  created: Promise<string>
  ended: Promise<WatchEnd>
  /** Resolves with the events when there are so many. */
  received(count: number): Promise<WatchEvent[]>
}

/** Begins one. */
export function recordWatch(client: EtcdClient, prefix: string, from: string): RecordedWatch {
  const events: WatchEvent[] = []
  const created = later<string>()
  const ended = later<WatchEnd>()
  const waiting = new Set<() => void>()
  const watch = client.watch(prefix, from, {
    created: created.resolve,
    event: (event) => {
      events.push(event)
      for (const check of waiting) check()
    },
    ended: ended.resolve,
  })
  return {
    watch,
    events,
    created: created.promise,
    ended: ended.promise,
    received: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (events.length < count) return
          waiting.delete(check)
          resolve(events)
        }
        waiting.add(check)
        check()
      }),
  }
}

function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  const settle: { now?: (value: T) => void } = {}
  const promise = new Promise<T>((resolve) => {
    settle.now = resolve
  })
  return { promise, resolve: (value) => settle.now?.(value) }
}
