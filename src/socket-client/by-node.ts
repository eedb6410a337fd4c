import type { Socket } from 'node:net'
import type { Request, UnderWay } from './at-once.ts'
import { openSocket } from './open-connection.ts'
import { ReadingSocket } from './reading-socket.ts'
import { type Received, readToEnd } from './read-to-end.ts'
import type { Patience } from './while-full.ts'

/** Bounds an exchange: abandons its connection after a while. */
export type Limit = (socket: Socket) => void

/** An exchange from its beginning, while which this process does other things. @throws as openSocket */
export async function exchangeByNode(
  path: string,
  request: Request,
  { patience, limit }: { patience?: Patience | undefined; limit: Limit },
): Promise<Received> {
  const socket = await openSocket(() => new ReadingSocket(), path, patience)
  return goOn(socket, request, { state: { unsent: request.parts, came: [] }, limit })
}

/** The rest of an exchange that takes longer than a moment, on its descriptor. */
export function goOnByNode(
  fd: number,
  request: Request,
  rest: { state: UnderWay; limit: Limit },
): Promise<Received> {
  return goOn(new ReadingSocket({ fd }), request, rest)
}

async function goOn(
  socket: ReadingSocket,
  { isEnded, answerLimitBytes }: Request,
  { state, limit }: { state: UnderWay; limit: Limit },
): Promise<Received> {
  limit(socket)
  const before = Buffer.concat(state.came)
  const received = readToEnd(socket, answerLimitBytes - before.length)
  socket.cork()
  for (const part of state.unsent) socket.write(part)
  socket.uncork()
  if (isEnded) socket.end()
  const { bytes, error = socket.refused } = await received
  return { bytes: Buffer.concat([before, bytes]), ...(error && { error }) }
}
