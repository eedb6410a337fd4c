/** The client's side of the token socket. */
import { DaemonUnreachableError, ProviderProtocolError } from '../errors.ts'
import { parseJson } from '../shapes/parse-json.ts'
import { formatCredential, type OutputFormat } from '../sasl/output-format.ts'
import { askSocket } from './ask-socket.ts'
import { readRefusal } from './read-refusal.ts'
import { whatCame } from './what-came.ts'

/** Longer than the daemon's own limits, so that those take effect first. */
const answerLimitMs = 90_000

interface CredentialRequest {
  path: string
  user: string
  /** Of mail, or the name of a resource. */
  protocol: string
  format: OutputFormat
  /** Whether this process has nothing else to do until the answer is there. */
  mayBlock?: boolean
  /** For each of at most two requests. */
  limitMs?: number
}

/**
 * The credential in the format asked for, without a newline. Also understands the original server,
 * which ignores the format and answers in raw or base64 form.
 * @throws CmsOauthError if there is none
 */
export async function fetchCredential(request: CredentialRequest): Promise<string> {
  const { path, protocol, user, format, mayBlock, limitMs = answerLimitMs } = request
  const ask = async (format: OutputFormat) => {
    const answer = await askSocket(path, `${protocol},${format} ${user}`, limitMs, mayBlock)
    return answer.toString('utf8')
  }
  // To a mail program a refusal is an empty answer; only the format `json` gives the reason.
  const answer = (await ask(format)) || (await ask('json'))
  if (answer === '') {
    throw new DaemonUnreachableError(`"${path}" refused without a reason`, {
      hint: 'the reason is in the log of the daemon: "allow" may not list you, or it is an original server that has no token for this address',
    })
  }
  const given = answer.startsWith('{')
    ? readJson(answer, path)
    : (parseSasl(answer) ?? parseToken(answer, format))
  if (given === undefined) throw noCredential(path)
  return formatCredential({ account: user, user, protocol, ...given }, format)
}

/** What an answer says about a credential; the rest is in the request. */
interface Given {
  user?: string
  accessToken: string
  expiresAt?: number
}

/** @throws CmsOauthError if the answer is a refusal, or not one of a token socket */
function readJson(answer: string, path: string): Given {
  const value = parseJson(answer)
  if (value === undefined) throw noCredential(path, 'its JSON is cut off, or is not JSON')
  const { error, user, access_token, expires_at } = { ...(value as Record<string, unknown>) }
  if (error !== undefined && error !== null) throw readRefusal(value, `"${path}"`)
  if (!isToken(user)) throw noCredential(path, `"user" is ${whatCame(user)}`)
  if (!isToken(access_token)) throw noCredential(path, `"access_token" is ${kindOf(access_token)}`)
  if (expires_at === undefined || expires_at === null) return { user, accessToken: access_token }
  const expiresAt = typeof expires_at === 'string' ? Date.parse(expires_at) : Number.NaN
  if (Number.isNaN(expiresAt)) throw noCredential(path, `"expires_at" is ${whatCame(expires_at)}`)
  return { user, accessToken: access_token, expiresAt }
}

/** Whatever is in the place of a token is not shown. */
function kindOf(value: unknown): string {
  const isSecret = (typeof value === 'string' && value.trim() !== '') || typeof value === 'number'
  return isSecret ? 'not a token' : whatCame(value)
}

function noCredential(path: string, reason?: string): ProviderProtocolError {
  const detail = reason === undefined ? '' : `: ${reason}`
  return new ProviderProtocolError(`"${path}" does not answer with a credential${detail}`, {
    hint: 'name a token socket, not the control socket or another program',
  })
}

/** Printable without a space, as a token (RFC 6750 section 2.1) and an address are. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value)
}

/** Reads XOAUTH2 or OAUTHBEARER, raw or in base64. */
function parseSasl(answer: string): Given | undefined {
  const text = answer.trimEnd()
  return parseRawSasl(text) ?? parseRawSasl(Buffer.from(text, 'base64').toString('utf8'))
}

function parseRawSasl(text: string): Given | undefined {
  const [identity = '', authorization = ''] = text.split('\u0001')
  const accessToken = /^auth=Bearer ([!-~]+)$/.exec(authorization)?.[1]
  const xoauth2User = /^user=([!-~]+)$/.exec(identity)?.[1]
  const oauthbearerUser = /^n,a=([!-~]+),$/.exec(identity)?.[1]
  const user = xoauth2User ?? oauthbearerUser?.replaceAll('=2C', ',').replaceAll('=3D', '=')
  return accessToken === undefined || user === undefined ? undefined : { user, accessToken }
}

function parseToken(answer: string, format: OutputFormat): Given | undefined {
  return format === 'token' && isToken(answer) ? { accessToken: answer } : undefined
}
