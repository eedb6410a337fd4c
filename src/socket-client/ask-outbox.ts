/** One request to an outbox by HTTP over its socket, by hand: the program starts for every mail of cron. */
import { isSocketPath } from '../configuration/socket-path.ts'
import {
  ConfigInvalidError,
  DaemonUnreachableError,
  NotPermittedError,
  ProviderProtocolError,
} from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { parseJson } from '../shapes/parse-json.ts'
import { exchange } from './exchange.ts'
import { notASocket } from './not-a-socket.ts'
import { readRefusal } from './read-refusal.ts'
import { abandon } from './read-to-end.ts'

/** What is asked of an outbox. */
export interface OutboxRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: readonly Buffer[]
  /** Whether this process has nothing else to do until the answer is there. */
  mayBlock?: boolean
}

const answerLimitMs = 30_000
const answerLimitBytes = 16 * 1024 * 1024

/**
 * The JSON that an outbox answers.
 * @throws DaemonUnreachableError where nobody answers, or not to the end: whether a message was stored is
 *   then unknown, and the same id may be given again; or what the outbox refused with
 */
export async function askOutbox(socket: string, request: OutboxRequest): Promise<unknown> {
  if (!isSocketPath(socket)) {
    throw new ConfigInvalidError(`"${socket}" is not a path for a socket`, {
      hint: 'name the socket of an [[outbox]] by CMS_OUTBOX',
    })
  }
  return readAnswer(socket, await answerOf(socket, request))
}

/** The answer, which may be cut off: see readAnswer. @throws CmsOauthError where there is none */
async function answerOf(
  path: string,
  { method, path: target, body = [], mayBlock = false }: OutboxRequest,
): Promise<Buffer> {
  const length = body.reduce((sum, { length }) => sum + length, 0)
  // By HTTP/1.0 the answer is not in chunks: it has its length, or ends with the connection.
  const head = `${method} ${target} HTTP/1.0\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`
  const { bytes, error } = await exchange({
    path,
    mayBlock,
    parts: [Buffer.from(head), ...body],
    isEnded: false,
    answerLimitBytes,
    limit: (socket) => socket.setTimeout(answerLimitMs, () => abandon(socket, 'ETIMEDOUT')),
  }).catch((error: NodeJS.ErrnoException) => {
    throw noAnswer(path, error)
  })
  // A refusal may come before all was written.
  const isUseless = bytes.length === 0 || error?.code === 'EMSGSIZE'
  if (error !== undefined && isUseless) throw noAnswer(path, error)
  return bytes
}

/** The JSON of an answer with status 200. @throws CmsOauthError as askOutbox */
export function readAnswer(socket: string, answer: Buffer): unknown {
  const end = answer.indexOf('\r\n\r\n')
  if (end === -1) throw noAnswer(socket, { code: 'ECONNRESET' })
  const [statusLine = '', ...lines] = answer.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1])
  const declared = lines.find((line) => /^content-length:/i.test(line))?.slice(15)
  const body = answer.subarray(end + 4)
  if (declared !== undefined && body.length < Number(declared)) {
    throw noAnswer(socket, { code: 'ECONNRESET' })
  }
  const value = parseJson(body.toString('utf8'))
  if (status === 200) return value
  if (value !== undefined && status >= 400) throw readRefusal(value, `"${socket}"`)
  throw new ProviderProtocolError(`"${socket}" does not answer like an outbox`, {
    hint: 'name the socket of an [[outbox]] by CMS_OUTBOX',
  })
}

/** Why an outbox at this path did not answer. */
export function noAnswer(path: string, cause: { code?: string | undefined }) {
  const { code = 'ECONNRESET' } = cause
  if (code === 'EACCES' || code === 'EPERM') {
    return new NotPermittedError(`you may not open the socket "${path}"`, {
      hint: 'run "cms-oauth doctor" as root: it names the directory, or the mode of the [[outbox]], that is in the way',
      cause,
    })
  }
  const other = notASocket(path)
  if (other !== undefined) {
    return new DaemonUnreachableError(other, {
      hint: 'name the socket of an [[outbox]] by CMS_OUTBOX',
    })
  }
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK'
  const what = isAbsent
    ? `nobody answers on "${path}"`
    : `no answer from "${path}": ${withErrnoWords(code)}`
  return new DaemonUnreachableError(what, { hint: isAbsent ? startHint : restartHint })
}

const startHint = 'start the daemon: "systemctl start cms-oauthd"; its log says more'
/** Somebody listens: a daemon that hangs, or a service manager whose service does not start. */
const restartHint =
  'restart the daemon: "systemctl restart cms-oauthd"; if it does not start, "systemctl status cms-oauthd" says why'
