import type { AccountConfiguration } from '../configuration/configuration.ts'
import { resourceAccount } from '../configuration/resources.ts'

/** An account as its entry says it. */
export interface WrittenAccount extends AccountConfiguration {
  resources?: Record<string, string[]>
}

/** The accounts, and behind them one for each of their resources. */
export function withResources(accounts: readonly WrittenAccount[]): AccountConfiguration[] {
  if (accounts.every(({ resources }) => resources === undefined)) return [...accounts]
  return [...accounts.map(withoutResources), ...accounts.flatMap(resourceAccounts)]
}

function withoutResources(account: WrittenAccount): AccountConfiguration {
  const copy = { ...account }
  delete copy.resources
  return copy
}

function resourceAccounts({ resources = {}, ...account }: WrittenAccount): AccountConfiguration[] {
  return Object.entries(resources).map(([name, scopes]) => {
    return { ...accountBeside(account, name), scopes }
  })
}

/** One that uses the sign-in of this account, for something else; its scopes are its own. */
export function accountBeside(account: AccountConfiguration, name: string): AccountConfiguration {
  const { user, grant, signInWith = user, loginHint = user } = account
  const isSignedInFor = grant !== 'client_credentials' && grant !== 'service_account'
  const resource = { name, user }
  const beside = {
    ...account,
    user: resourceAccount(resource),
    resource,
    loginHint,
    saslUser: {},
    ...(isSignedInFor ? { signInWith } : {}),
  }
  delete beside.scopes
  return beside
}
