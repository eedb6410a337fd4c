import { resourceAccount } from '../configuration/resources.ts'
import type { AccountStatus } from '../messages/control-api.ts'

/** True for the account of an address, and for those that have its other tokens, of a resource or an outbox. */
export function isOfMailbox(
  { user, resource }: Pick<AccountStatus, 'user' | 'resource'>,
  address: string,
): boolean {
  if (user === address) return true
  return resource != null && user === resourceAccount({ name: resource, user: address })
}
