/** The client's side of the token socket; it loads little more than node:net. */
import {
  DaemonUnreachableError,
  type ErrorCode,
  errorFromWire,
  ProviderProtocolError,
} from '../errors.ts'
import { parseJsonObject } from '../oauth/json-object.ts'
import { formatCredential, type OutputFormat, type Protocol } from '../sasl/output-format.ts'
import { askSocket } from './ask-socket.ts'

/** Longer than the daemon lets anybody wait: its own limits come first. */
const answerLimitMs = 90_000

interface CredentialRequest {
  path: string
  user: string
  protocol: Protocol
  format: OutputFormat
  /** For each of at most two questions. */
  limitMs?: number
}

/**
 * The credential in the format asked for, without a newline. Understands an original server, which
 * ignores the format and answers raw, and one that answers in base64.
 * @throws CmsOauthError why there is none
 */
export async function fetchCredential(request: CredentialRequest): Promise<string> {
  const { path, protocol, user, format, limitMs = answerLimitMs } = request
  const ask = async (format: OutputFormat) => {
    const answer = await askSocket(path, `${protocol},${format} ${user}`, limitMs)
    return answer.toString('utf8')
  }
  // Silence is how a refusal sounds to a mail program: only `json` has room for the reason.
  const answer = (await ask(format)) || (await ask('json'))
  if (answer === '') {
    throw new DaemonUnreachableError(`"${path}" refused without a reason`, {
      hint: 'the reason is in the log of the daemon: "allow" may not list you, or it is an original server that has no token for this address',
    })
  }
  const given = parseJson(answer) ?? parseSasl(answer) ?? parseToken(answer, format)
  if (given === undefined) {
    throw new ProviderProtocolError(`"${path}" does not answer with a credential`, {
      hint: 'name a token socket, not the control socket or another program',
    })
  }
  return formatCredential({ account: user, user, protocol, ...given }, format)
}

/** What an answer tells of a credential; the rest was in the request. */
interface Given {
  user?: string
  accessToken: string
  expiresAt?: number
}

/** @throws CmsOauthError where the answer is a refusal */
function parseJson(answer: string): Given | undefined {
  if (!answer.startsWith('{')) return undefined
  const { error, error_description, hint, user, access_token, expires_at } = parseJsonObject(answer)
  if (typeof error === 'string') {
    throw errorFromWire({
      error: error as ErrorCode,
      error_description: textOf(error_description),
      hint: textOf(hint),
    })
  }
  if (!isToken(access_token) || !isToken(user)) return undefined
  const expiresAt = Date.parse(textOf(expires_at))
  return { user, accessToken: access_token, ...(Number.isNaN(expiresAt) ? {} : { expiresAt }) }
}

/** Printable without a space, as a token (RFC 6750 section 2.1) and an address are. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Reads XOAUTH2 or OAUTHBEARER, raw or in base64. */
function parseSasl(answer: string): Given | undefined {
  const text = answer.trimEnd()
  return parseRawSasl(text) ?? parseRawSasl(Buffer.from(text, 'base64').toString('utf8'))
}

function parseRawSasl(text: string): Given | undefined {
  const [identity = '', authorization = ''] = text.split('\u0001')
  const accessToken = /^auth=Bearer ([!-~]+)$/.exec(authorization)?.[1]
  const xoauth2User = /^user=(.+)$/.exec(identity)?.[1]
  const oauthbearerUser = /^n,a=(.+),$/.exec(identity)?.[1]
  const user = xoauth2User ?? oauthbearerUser?.replaceAll('=2C', ',').replaceAll('=3D', '=')
  return accessToken === undefined || user === undefined ? undefined : { user, accessToken }
}

function parseToken(answer: string, format: OutputFormat): Given | undefined {
  return format === 'token' && !answer.startsWith('{') && isToken(answer)
    ? { accessToken: answer }
    : undefined
}
