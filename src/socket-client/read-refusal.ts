import { actors, type CmsOauthError, type ErrorCode, type ProviderAnswer } from '../errors.ts'
import { errorFromWire } from '../shapes/wire-error.ts'
import { isFilledText, visible, whatCame } from './what-came.ts'

/**
 * The error that an object from a socket tells of. It may be from a daemon of another version, or from
 * another program: whatever its fields hold, the message is a sentence that a person can read, and what
 * the object leaves out is named. `from` is who sent it, as it is said in that sentence.
 */
export function readRefusal(value: unknown, from: string): CmsOauthError {
  const fields: Record<string, unknown> =
    typeof value === 'object' && value !== null ? { ...value } : { error: value }
  const { error, error_description: description, hint, actor, answer } = fields
  const known = actors.find((one) => one === actor)
  const { retry_after_ms: retryAfterMs, is_fate_unknown: isFateUnknown } = fields
  const isPlain = isFilledText(error) && isFilledText(description)
  return errorFromWire({
    error: (isFilledText(error) ? error : 'provider_protocol') as ErrorCode,
    error_description: isPlain ? visible(description) : sentence(from, error, description),
    hint: isFilledText(hint) ? visible(hint) : isPlain ? '' : checkLog,
    ...(known === undefined ? {} : { actor: known }),
    ...(typeof answer === 'object' && answer !== null ? { answer: readAnswer({ ...answer }) } : {}),
    ...(typeof retryAfterMs === 'number' ? { retry_after_ms: retryAfterMs } : {}),
    ...(isFateUnknown === true ? { is_fate_unknown: isFateUnknown } : {}),
  })
}

const checkLog =
  'the log of cms-oauthd may have the reason; if another program answers there, name the right socket'

function sentence(from: string, error: unknown, description: unknown): string {
  const reason = isFilledText(description) ? `: ${visible(description)}` : ''
  if (!isFilledText(error)) return `${from} refused, and "error" is ${whatCame(error)}${reason}`
  return `${from} refused with ${whatCame(error)}, and "error_description" is ${whatCame(description)}`
}

/** What of a provider's answer has the type that it should have. */
function readAnswer(fields: Record<string, unknown>): ProviderAnswer {
  const { status, error, description, aadsts, correlationId, traceId, timestamp } = fields
  return {
    ...(typeof status === 'number' ? { status } : {}),
    ...(isFilledText(error) ? { error: visible(error) } : {}),
    ...(isFilledText(description) ? { description: visible(description) } : {}),
    ...(typeof aadsts === 'number' ? { aadsts } : {}),
    ...(isFilledText(correlationId) ? { correlationId: visible(correlationId) } : {}),
    ...(isFilledText(traceId) ? { traceId: visible(traceId) } : {}),
    ...(isFilledText(timestamp) ? { timestamp: visible(timestamp) } : {}),
  }
}
