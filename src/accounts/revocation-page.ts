import type { Account } from './account.ts'

/** Where a person takes back by hand what an application was allowed, by the host they sign in at. */
const pages = new Map([
  ['login.microsoftonline.com', 'https://myapps.microsoft.com'],
  ['login.microsoftonline.us', 'https://myapps.microsoft.us'],
])
const personalPage = 'https://account.live.com/consent/Manage'

/** The page for an account whose provider has no revocation; undefined where none is known. */
export function revocationPage({ provider, authority }: Account): string | undefined {
  if (provider !== 'office365' || authority === undefined) return undefined
  const { hostname, pathname } = new URL(authority)
  return pathname === '/consumers' ? personalPage : pages.get(hostname)
}
