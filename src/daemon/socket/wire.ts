import type { Account } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import type { ParsedRequest, TokenRequest } from './request.ts'

/** What was asked, as far as it could be read. */
export type Asked = Pick<TokenRequest, 'format'>

/** How a token socket is asked, and how it answers. */
export interface Wire {
  /** True: it is asked in netstrings, several on a connection. */
  readonly isMap: boolean
  /** What was asked; an answer, where nothing that this socket decides about was. */
  parse(bytes: Buffer): ParsedRequest | { answer: Uint8Array }
  grant(request: TokenRequest, account: Account, token: ServedToken): Uint8Array
  refuse(error: CmsOauthError, asked: Asked): Uint8Array
}
