import { type Account, saslIdentity } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import { formatCredential, type OutputFormat } from '../../sasl/output-format.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import type { TokenRequest } from './request.ts'

/** No answer at all: the connection closes. */
export const silence: Uint8Array = Buffer.alloc(0)

/**
 * The answers to requests that are granted, built once per token: Node takes as long to write a string
 * of 2 KiB as for a third of everything else in a request; bytes it writes as they are.
 */
export class GrantReplies {
  readonly #built = new WeakMap<ServedToken, Map<string, Uint8Array>>()

  /** The whole answer: the credential and nothing else. */
  of(
    request: TokenRequest,
    account: Account,
    token: ServedToken,
    defaultFormat: OutputFormat,
  ): Uint8Array {
    const { user, protocol, format = defaultFormat } = request
    const identity = saslIdentity(account, protocol)
    const replies = this.#of(token)
    const key = `${format} ${protocol} ${user} ${identity}`
    const known = replies.get(key)
    if (known !== undefined) return known
    const { accessToken, expiresAt } = token
    const credential = { account: user, user: identity, protocol, expiresAt }
    const built = Buffer.from(
      formatCredential({ ...credential, accessToken: accessToken.reveal() }, format),
    )
    replies.set(key, built)
    return built
  }

  #of(token: ServedToken): Map<string, Uint8Array> {
    const known = this.#built.get(token)
    if (known !== undefined) return known
    const replies = new Map<string, Uint8Array>()
    this.#built.set(token, replies)
    return replies
  }
}

/**
 * The whole answer to an admitted peer that is refused: silence, since a mail program would send an
 * error text to the mail server as its credential, unless the format is the one that has room for it.
 */
export function refusalReply(error: CmsOauthError, format: OutputFormat): Uint8Array {
  if (format !== 'json') return silence
  const { error: code, error_description, hint } = errorToWire(error)
  return Buffer.from(JSON.stringify({ error: code, error_description, hint }))
}
