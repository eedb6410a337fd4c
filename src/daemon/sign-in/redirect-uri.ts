import type { Account } from '../../accounts/account.ts'
import { factsOf } from '../../provider-facts/providers.ts'

const parts = /^(http:\/\/(?:\[[^\]]*\]|[^/:?#]+))(?::(\d+))?(.*)$/i

/** The port that the registration requires; undefined: any. */
export function fixedPortOf({ redirectUri }: Account): number | undefined {
  const port = parts.exec(redirectUri)?.[2]
  return port === undefined ? undefined : Number(port)
}

/** True for one that no browser brings to this machine: a person pastes its address. */
export function endsElsewhere({ redirectUri }: Account): boolean {
  return !parts.test(redirectUri)
}

/**
 * The redirect URI with its port; one that is there stays (RFC 8252 section 7.3). It is changed as
 * text, since servers compare it as text.
 */
export function redirectUriAt(account: Account, port: number): string {
  if (endsElsewhere(account)) return account.redirectUri
  const [, origin = '', fixed = port, rest = ''] = parts.exec(account.redirectUri) ?? []
  const { redirectPath = '/' } = factsOf(account)
  return `${origin}:${fixed}${rest === '' ? redirectPath : rest}`
}
