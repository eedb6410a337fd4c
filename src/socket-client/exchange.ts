/**
 * A request and its answer on a UNIX socket. What is answered within a moment is asked by system calls alone: a
 * program that starts for every mail has its answer a sixth sooner than with node:net, which has the rest.
 */
import { exchangeAtOnce, type Request } from './at-once.ts'
import type { Limit } from './by-node.ts'
import type { Received } from './read-to-end.ts'
import { type Patience, whileFull } from './while-full.ts'

/** For this long a process may do nothing else, and hear of no signal that it listens to. */
const momentMs = 100

interface Exchange extends Request {
  path: string
  /** Whether this process has nothing else to do until the answer is there. */
  mayBlock: boolean
  patience?: Patience
  /** Of an exchange that takes longer than a moment. */
  limit: Limit
}

/**
 * What came until the other side closed the connection, or it broke off.
 * @throws NodeJS.ErrnoException where nobody accepts it: see whileFull
 */
export async function exchange(asked: Exchange): Promise<Received> {
  const { path, mayBlock, patience, limit, ...request } = asked
  const calls = mayBlock ? await streamCalls() : undefined
  if (calls === undefined) {
    const { exchangeByNode } = await import('./by-node.ts')
    return exchangeByNode(path, request, { patience, limit })
  }
  const fd = await whileFull(() => calls.connectTo(path), patience)
  const limitMs = Math.min(momentMs, patience?.limitMs ?? momentMs)
  const state = exchangeAtOnce(fd, request, { calls, limitMs })
  if ('bytes' in state) return state
  const { goOnByNode } = await import('./by-node.ts')
  return goOnByNode(fd, request, { state, limit })
}

/** Undefined where koffi has no native module for this machine, or may not be loaded. */
async function streamCalls() {
  try {
    return await import('../kernel/stream-socket.ts')
  } catch {
    return undefined
  }
}
