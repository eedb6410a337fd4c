import { withUnknownFate } from '../errors.ts'
import type { Secret } from '../logging/secret.ts'
import { refreshTokenIn } from '../oauth/rotated-token.ts'
import { parseJson } from '../shapes/parse-json.ts'
import { type HttpsAnswer, type HttpsRequest, isGood, sendForWhatComes } from './https-request.ts'

/**
 * One exchange of a code or a refresh token for tokens, after which the old one may be worth nothing:
 * when it may begin, when it ends, and who takes what comes.
 */
export interface TokenExchange {
  /** Ends it when it aborts. */
  signal: AbortSignal
  /** Asked right before the request leaves; false: it is too late, and nothing leaves. */
  maySend: () => boolean
  /** Takes a refresh token as soon as it is here, before anything else of the answer is judged. */
  keep: (refreshToken: Secret) => Promise<void>
}

/**
 * Sends a request to a token endpoint. The refresh token of a good status is kept first, whatever
 * the rest of the answer is like.
 * @throws as `sendHttpsRequest` does; `isFateUnknown` tells that the server may have rotated
 */
export async function sendTokenRequest(
  exchange: TokenExchange,
  outgoing: Omit<HttpsRequest, 'signal' | 'maySend'>,
): Promise<HttpsAnswer> {
  let hasLeft = false
  const maySend = () => (hasLeft = exchange.maySend())
  const { signal } = exchange
  const { defect, answer, text } = await sendForWhatComes({ ...outgoing, signal, maySend }).catch(
    (error: unknown) => {
      throw hasLeft ? withUnknownFate(error) : error
    },
  )
  const refreshToken = isGood(answer.status)
    ? refreshTokenIn(text, defect === undefined)
    : undefined
  if (refreshToken !== undefined) await exchange.keep(refreshToken)
  if (defect === undefined || isWhole(text)) return answer
  throw refreshToken === undefined ? withUnknownFate(defect) : defect
}

/** True for JSON that is complete, though its connection broke before the server said so. */
function isWhole(body: string): boolean {
  return typeof parseJson(body) === 'object'
}
