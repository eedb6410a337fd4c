/** The client's side of the token socket; it loads little more than node:net. */
import { connect } from 'node:net'
import {
  type CmsOauthError,
  DaemonUnreachableError,
  errorFromWire,
  NotPermittedError,
  type WireError,
} from '../errors.ts'
import { formatCredential, type OutputFormat, type Protocol } from '../sasl/output-format.ts'

/** Longer than the daemon lets anybody wait: its own limits come first. */
const answerLimitMs = 90_000
const answerLimitBytes = 1024 * 1024

interface CredentialRequest {
  path: string
  user: string
  protocol: Protocol
  format: OutputFormat
}

/**
 * Sends one request over a UNIX socket and resolves with all bytes of the answer, none included.
 * @throws DaemonUnreachableError, NotPermittedError
 */
export function askSocket(path: string, request: string, limitMs = answerLimitMs): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket = connect({ path, allowHalfOpen: true })
    socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer in time')))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > answerLimitBytes) socket.destroy(new Error('the answer has no end'))
    })
    socket.once('error', (error) => reject(connectionError(path, error)))
    socket.once('end', () => {
      socket.destroy()
      resolve(Buffer.concat(chunks))
    })
    socket.end(request)
  })
}

/**
 * The credential in the format asked for. Understands an original server, which ignores the format
 * and answers raw.
 * @throws CmsOauthError why there is none
 */
export async function fetchCredential(request: CredentialRequest): Promise<string> {
  const { path, protocol, user, format } = request
  const answer = await askSocket(path, `${protocol},${format} ${user}`)
  if (answer.length === 0) throw await askWhy(request)
  const text = answer.toString('utf8')
  if (format === 'json') throwIfRefusal(text)
  return convert(text, request)
}

async function askWhy({ path, protocol, user }: CredentialRequest): Promise<CmsOauthError> {
  const answer = await askSocket(path, `${protocol},json ${user}`)
  const refusal = parseRefusal(answer.toString('utf8'))
  if (refusal !== undefined) return errorFromWire(refusal)
  return new DaemonUnreachableError(`"${path}" refused without a reason`, {
    hint: 'the reason is in the log of cms-oauthd; the socket may not list your user in "allow", or belong to an older server',
  })
}

function throwIfRefusal(text: string): void {
  const refusal = parseRefusal(text)
  if (refusal !== undefined) throw errorFromWire(refusal)
}

function parseRefusal(text: string): WireError | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value = JSON.parse(text) as Partial<WireError>
    return typeof value.error === 'string' ? (value as WireError) : undefined
  } catch {
    return undefined
  }
}

/** Brings a raw or base64 XOAUTH2 answer into the format asked for; another one stays as it is. */
function convert(text: string, { user, protocol, format }: CredentialRequest): string {
  const raw = rawXoauth2(text)
  if (raw === undefined || format === 'xoauth2') return raw?.text ?? text
  return formatCredential(
    // An original server does not tell when its token ends.
    {
      account: user,
      user: raw.user,
      protocol,
      accessToken: raw.accessToken,
      expiresAt: Date.now(),
    },
    format,
  )
}

function rawXoauth2(text: string): { text: string; user: string; accessToken: string } | undefined {
  const candidate = text.startsWith('user=') ? text : Buffer.from(text, 'base64').toString('utf8')
  const trimmed = candidate.trimEnd().replace(/\u0001*$/, '\u0001\u0001')
  // oxlint-disable-next-line no-control-regex
  const match = /^user=([^\u0001]*)\u0001auth=Bearer ([^\u0001]+)\u0001\u0001$/.exec(trimmed)
  const [, user, accessToken] = match ?? []
  if (user === undefined || accessToken === undefined) return undefined
  return { text: trimmed, user, accessToken }
}

function connectionError(path: string, error: NodeJS.ErrnoException): CmsOauthError {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return new NotPermittedError(`you may not open the socket "${path}"`, {
        hint: 'look at its owner, group and mode, and at the directories above it: "namei -l PATH" shows them all',
        cause: error,
      })
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new DaemonUnreachableError(`nobody answers on "${path}"`, {
        hint: 'start the daemon: "systemctl --user start cms-oauthd" or "cms-oauthd"; another path is given by --cms_sock',
        cause: error,
      })
    default:
      return new DaemonUnreachableError(
        `"${path}" does not answer: ${error.code ?? error.message}`,
        {
          hint: 'look at the log of cms-oauthd',
          cause: error,
        },
      )
  }
}
