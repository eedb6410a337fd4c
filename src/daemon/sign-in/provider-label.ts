import type { Account } from '../../accounts/account.ts'

/** The provider by the name that a person knows it by. */
export function providerLabel({ provider, authority, endpoints }: Account): string {
  if (provider === 'office365') return 'Microsoft'
  if (provider === 'gmail') return 'Google'
  const url = authority ?? endpoints.authorization
  return url === undefined ? 'your provider' : new URL(url).host
}
