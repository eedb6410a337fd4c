import type { Account } from '../../accounts/account.ts'
import { signInOwners } from '../../accounts/accounts.ts'
import type { RecordSummary } from '../../messages/renewer-jobs.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'

/** The records that the store holds for the sign-ins of these accounts. @throws as the job does */
export async function findRecords(
  renewer: RenewerHandle,
  accounts: readonly Account[],
): Promise<readonly RecordSummary[]> {
  if (accounts.length === 0) return []
  const { records } = await renewer.run('open-store', { accounts: signInOwners(accounts) })
  return records
}
