import type { Socket } from 'node:net'
import { closeAfterWords } from '../mail/connection/close-after-words.ts'
import { readerOf } from './block-reader.ts'
import { giveBack } from './blocks.ts'
import { PendingAnswer } from './pending-answer.ts'
import type { Upstream } from './upstream.ts'

/** Bytes that go first, in each direction. */
interface FirstBytes {
  up: Buffer[]
  down: Buffer[]
}

/** What has gone through. */
export interface PipeCounts {
  bytesUp: number
  bytesDown: number
}

const keepAliveMs = 60_000
/**
 * How long the reader of what was written may stand still; and how long a server may take to answer a
 * client that has closed its side and may be gone.
 */
const unreadMs = 5 * 60_000
/**
 * A client that says nothing for so long after the server has closed has read what it said; and a server that
 * says nothing for so long after the client has closed its side has answered.
 */
const silentMs = 5_000

interface PipeLimits {
  unreadMs: number
  silentMs: number
}

/**
 * Connects a client with the mail server it was logged in at: bytes, and nothing else. A client that
 * closes its side may still be answered. What the server closes is closed wholly once its bytes are
 * out: behind a `nc -U` nobody notices that only one side is.
 * @returns what has gone through, when both are closed
 */
export function pipe(
  client: Socket,
  { socket: server, unread }: Pick<Upstream, 'socket' | 'unread'>,
  { up, down }: FirstBytes,
  limits: PipeLimits = { unreadMs, silentMs },
): Promise<PipeCounts> {
  const counts = { bytesUp: 0, bytesDown: 0 }
  const pending = new PendingAnswer()
  let onAnswer: (() => void) | undefined
  const closed = untilBothClosed(client, server, limits)
  for (const socket of [client, server]) socket.setKeepAlive(true, keepAliveMs).setNoDelay()
  const countUp = (bytes: Buffer) => {
    counts.bytesUp += bytes.length
    pending.ask(bytes)
  }
  const countDown = (bytes: Buffer) => {
    counts.bytesDown += bytes.length
    pending.answer(bytes)
    onAnswer?.()
  }
  for (const bytes of up) send(server, bytes, countUp)
  for (const bytes of [...down, unread]) {
    send(client, bytes, (sent) => (counts.bytesDown += sent.length))
  }
  endStalled(client, server, limits)
  const stops = [sendOn(client, server, countUp), sendOn(server, client, countDown)]
  const endUp = () => (onAnswer = endUpstream(server, pending, limits))
  if (client.readableEnded) endUp()
  else client.on('end', endUp)
  server.on('end', () => {
    for (const stop of stops) stop()
    for (const socket of [client, server]) finish(socket, limits)
  })
  // Not awaited in here: the first bytes would be kept until then.
  return closed.then(() => counts)
}

function send(socket: Socket, bytes: Buffer, count: (bytes: Buffer) => void): void {
  if (bytes.length === 0) return
  socket.write(bytes)
  count(bytes)
}

/**
 * Tells the server that the program has closed its side, once the program has all its answers. Returns what
 * is to be called after each of them.
 */
function endUpstream(
  server: Socket,
  pending: PendingAnswer,
  { unreadMs, silentMs }: PipeLimits,
): () => void {
  let isTold = false
  const tell = () => {
    isTold = true
    server.setTimeout(unreadMs).end()
  }
  const wait = () => {
    const isSure = isTold || pending.awaited === 'answer' || pending.awaited === 'end'
    server.setTimeout(isSure ? unreadMs : silentMs)
  }
  server.on('timeout', () => {
    if (isTold || pending.awaited === 'end') server.destroy()
    else tell()
  })
  if (pending.awaited === 'nothing') tell()
  else wait()
  return wait
}

/**
 * Passes on what one side says, as fast as the other takes it, until the other is closed. Returns what has
 * it dropped from then on.
 */
function sendOn(from: Socket, to: Socket, count: (bytes: Buffer) => void): () => void {
  const take = (bytes: Buffer) => {
    count(bytes)
    if (!to.write(bytes, () => giveBack(bytes))) from.pause()
  }
  const goOn = () => from.resume()
  const reader = readerOf(from)
  if (reader === undefined) from.on('data', take)
  else reader.forward(from, take)
  to.on('drain', goOn)
  if (to.writableNeedDrain) from.pause()
  else from.resume()
  const stop = () => {
    to.off('drain', goOn)
    if (reader === undefined) from.off('data', take)
    else reader.forward(from, giveBack)
  }
  to.on('close', stop)
  return stop
}

/**
 * While the server does not read, nothing is read from the client, and nobody would notice that it is gone:
 * its place would never be free again.
 */
function endStalled(client: Socket, server: Socket, { unreadMs }: PipeLimits): void {
  let timer: NodeJS.Timeout | undefined
  client.on('pause', () => (timer ??= setTimeout(() => server.destroy(), unreadMs)))
  const goOn = () => {
    clearTimeout(timer)
    timer = undefined
  }
  server.on('drain', goOn).on('close', goOn)
}

/**
 * Once one side has failed or ended, the other is closed too; after an end what was written to it still
 * goes out.
 */
function untilBothClosed(client: Socket, server: Socket, limits: PipeLimits): Promise<void> {
  return new Promise((resolve) => {
    let open = 2
    const onClose = (other: Socket, hadError: boolean) => {
      if (hadError) other.destroy()
      else finish(other, limits)
      open -= 1
      if (open === 0) resolve()
    }
    onceClosed(client, (hadError) => onClose(server, hadError))
    onceClosed(server, (hadError) => onClose(client, hadError))
  })
}

/** Calls back when it is closed, or at once. */
function onceClosed(socket: Socket, onClose: (hadError: boolean) => void): void {
  socket.on('error', () => {})
  if (socket.destroyed) onClose(socket.errored !== null)
  else socket.on('close', onClose)
}

/** Closes it when its bytes are out, or when nobody reads them. */
function finish(socket: Socket, { unreadMs, silentMs }: PipeLimits): void {
  closeAfterWords(socket, { readMs: unreadMs, silentMs, mostMs: unreadMs })
}
