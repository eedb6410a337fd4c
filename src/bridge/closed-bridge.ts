import type { BridgeConfiguration } from '../configuration/configuration.ts'

/**
 * What is left of a [[bridge]] whose address is gone: whoever is connected there has only the accounts
 * that others of its protocol, or of its outbox, still serve.
 */
export function closedBridge(
  closed: BridgeConfiguration,
  served: readonly BridgeConfiguration[],
): BridgeConfiguration {
  const { account, ...rest } = closed
  const isServed = (user: string) =>
    served.some(({ protocol, accounts, outbox }) => {
      const isAlike = protocol === closed.protocol && outbox?.name === closed.outbox?.name
      return isAlike && accounts.some((each) => each.user === user)
    })
  return {
    ...rest,
    accounts: closed.accounts.filter(({ user }) => isServed(user)),
    users: closed.users.filter(({ user }) => isServed(user)),
    ...(account === undefined || !isServed(account) ? {} : { account }),
  }
}
