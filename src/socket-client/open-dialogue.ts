import type { Socket } from 'node:net'
import { noAnswer, readAnswer } from './ask-outbox.ts'
import { openConnection } from './open-connection.ts'
import { abandon } from './read-to-end.ts'

/** A connection to an outbox on which both sides speak SMTP from now on. */
export interface OutboxDialogue {
  /** Paused. */
  socket: Socket
  /** What the outbox has said already. */
  unread: Buffer
}

interface DialogueOptions {
  /**
   * The caller that the bridge has let in and greeted; absent: the process that connects, as the kernel
   * names it.
   */
  caller?: object
  /** Within which the outbox must have answered. */
  limitMs: number
  signal?: AbortSignal
}

const answerLimitBytes = 64 * 1024

/**
 * Begins SMTP with an outbox: an Upgrade of HTTP on its socket (RFC 9110 section 7.8).
 * @throws DaemonUnreachableError where nobody answers in time; or what the outbox refused with
 */
export async function openDialogue(
  path: string,
  { caller, limitMs, signal }: DialogueOptions,
): Promise<OutboxDialogue> {
  const told = caller === undefined ? '' : `Cms-Oauth-Caller: ${JSON.stringify(caller)}\r\n`
  const socket = await openConnection(path, { limitMs, signal }).catch(
    (error: NodeJS.ErrnoException) => {
      throw noAnswer(path, error)
    },
  )
  socket.write(
    `GET /v1/dialogue HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: smtp\r\n${told}\r\n`,
  )
  const answer = await readHead(socket, { path, limitMs, ...(signal && { signal }) })
  const end = answer.indexOf('\r\n\r\n') + 4
  if (answer.toString('latin1', 0, 13) === 'HTTP/1.1 101 ') {
    return { socket, unread: answer.subarray(end) }
  }
  socket.destroy()
  readAnswer(path, answer)
  throw noAnswer(path, {})
}

/**
 * The beginning of the answer: the head of a 101, with what came behind it, or any other answer to its end.
 */
function readHead(
  socket: Socket,
  { path, limitMs, signal }: { path: string; limitMs: number; signal?: AbortSignal },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let came = Buffer.alloc(0)
    const onAbort = () => abandon(socket, 'ECANCELED')
    const timer = setTimeout(() => abandon(socket, 'ETIMEDOUT'), limitMs)
    const onError = (error: NodeJS.ErrnoException) => settle(() => reject(noAnswer(path, error)))
    const onEnd = () => settle(() => resolve(came))
    const onClose = () => settle(() => reject(noAnswer(path, {})))
    const onData = (chunk: Buffer) => {
      came = Buffer.concat([came, chunk])
      if (came.length > answerLimitBytes) abandon(socket, 'EMSGSIZE')
      else if (came.includes('\r\n\r\n') && came.toString('latin1', 9, 12) === '101') onEnd()
    }
    const settle = (end: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket
        .pause()
        .off('data', onData)
        .off('end', onEnd)
        .off('close', onClose)
        .off('error', onError)
      // Until somebody takes it over.
      socket.on('error', () => {})
      end()
    }
    socket.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
  })
}
