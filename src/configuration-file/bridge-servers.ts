import { serversOf } from '../accounts/service-of.ts'
import type {
  AccountConfiguration,
  BridgeAccount,
  BridgeConfiguration,
} from '../configuration/configuration.ts'
import type { Protocol } from '../sasl/output-format.ts'
import type { GivenBridge } from './bridge-schema.ts'

/** The bridge with the mail server of each account; an empty one where none is known. */
export function withServers(
  { given, accounts, ...bridge }: GivenBridge,
  known: readonly AccountConfiguration[],
): BridgeConfiguration {
  const accountOf = (user: string) => known.find((account) => account.user === user)
  return {
    ...bridge,
    accounts: accounts.map((user): BridgeAccount => ({
      user,
      server: given.server ?? serverOf(accountOf(user), bridge.protocol),
      connections: given.connections ?? connectionsOf(accountOf(user), bridge.protocol),
    })),
  }
}

function serverOf(account: AccountConfiguration | undefined, protocol: Protocol): string {
  return (account && serversOf(account)?.[protocol]) ?? ''
}

/** https://learn.microsoft.com/exchange/mail-flow-best-practices/how-to-set-up-a-multifunction-device-or-application-to-send-email-using-microsoft-365-or-office-365: three at a time. */
function connectionsOf(account: AccountConfiguration | undefined, protocol: Protocol): number {
  return account?.provider === 'office365' && protocol === 'SMTP' ? 3 : 10
}
