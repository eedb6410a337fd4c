import type { Account } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { OutputFormat } from '../../sasl/output-format.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import { GrantReplies, refusalReply } from './reply.ts'
import { type ParsedRequest, parseRequest, type TokenRequest } from './request.ts'
import type { Asked, Wire } from './wire.ts'

/** A line, and a credential: request.ts is the grammar, reply.ts what is answered. */
export class CredentialWire implements Wire {
  readonly isMap = false
  readonly #reply: OutputFormat
  readonly #resources: readonly string[]
  readonly #replies = new GrantReplies()

  constructor(reply: OutputFormat, resources: readonly string[] = []) {
    this.#reply = reply
    this.#resources = resources
  }

  parse(bytes: Buffer): ParsedRequest {
    return parseRequest(bytes, this.#resources)
  }

  grant(request: TokenRequest, account: Account, token: ServedToken): Uint8Array {
    return this.#replies.of(request, account, token, this.#reply)
  }

  refuse(error: CmsOauthError, asked: Asked): Uint8Array {
    return refusalReply(error, asked.format ?? this.#reply)
  }
}
