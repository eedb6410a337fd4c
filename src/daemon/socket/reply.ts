import { type Account, saslIdentity } from '../../accounts/account.ts'
import { type CmsOauthError, errorToWire } from '../../errors.ts'
import { formatCredential, type OutputFormat } from '../../sasl/output-format.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import type { TokenRequest } from './request.ts'

/** The whole answer to a request that is granted: the credential and nothing else. */
export function grantReply(
  request: TokenRequest,
  account: Account,
  token: ServedToken,
  defaultFormat: OutputFormat,
): string {
  return formatCredential(
    {
      account: request.user,
      user: saslIdentity(account, request.protocol),
      protocol: request.protocol,
      accessToken: token.accessToken.reveal(),
      expiresAt: token.expiresAt,
    },
    request.format ?? defaultFormat,
  )
}

/**
 * The whole answer to an admitted peer that is refused: silence, since a mail program would send an
 * error text to the mail server as its credential, unless the format is the one that has room for it.
 */
export function refusalReply(error: CmsOauthError, format: OutputFormat): string {
  if (format !== 'json') return ''
  const { error: code, error_description, hint } = errorToWire(error)
  return JSON.stringify({ error: code, error_description, hint })
}
