import type { AccountConfiguration, Configuration } from '../configuration/configuration.ts'
import type { Problem } from './problems.ts'
import { unknownAccount, usersOf } from './unknown-account.ts'

/** The keys that must be the same in two accounts that share a sign-in. */
const shared = {
  provider: 'provider',
  clientId: 'client_id',
  authority: 'authority',
  tenant: 'tenant',
  cloud: 'cloud',
  preset: 'preset',
  tokenEndpoint: 'token_endpoint',
} as const satisfies Partial<Record<keyof AccountConfiguration, string>>

/**
 * The problems of `sign_in_with`: it must name an account with a sign-in of its own, of the same
 * client.
 */
export function unusableSignIns({ accounts }: Configuration): Problem[] {
  const byUser = new Map(accounts.map((account) => [account.user, account]))
  return accounts.flatMap((account, index) => {
    const { signInWith, resource } = account
    // That of a resource is as good as its mailbox's own.
    if (signInWith === undefined || resource !== undefined) return []
    const path = ['account', index, 'sign_in_with']
    const owner = byUser.get(signInWith)
    if (owner === undefined) return [unknownAccount(path, signInWith, usersOf(accounts))]
    const what = whyUnusable(account, owner)
    return what === undefined ? [] : [{ path, what: `"${signInWith}" ${what}` }]
  })
}

function whyUnusable(
  account: AccountConfiguration,
  owner: AccountConfiguration,
): string | undefined {
  if (owner === account) return 'is this account itself'
  if (owner.signInWith !== undefined) {
    return `uses the sign-in of another account itself: name "${owner.signInWith}"`
  }
  if (owner.grant === 'client_credentials' || owner.grant === 'service_account') {
    return `has no sign-in (grant = "${owner.grant}")`
  }
  for (const [field, key] of Object.entries(shared)) {
    const name = field as keyof typeof shared
    if (account[name] !== owner[name]) return `has another ${key}: it must be the same in both`
  }
  return undefined
}
