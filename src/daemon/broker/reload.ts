/**
 * A reload is two halves. The first may fail, and changes nothing: the file is read, compared with what
 * the daemon was started on, the store is asked for the records of new accounts, and the sockets are
 * opened, all of them or none. The second is one synchronous run without anything that may fail, so that
 * no request sees a daemon between two configurations.
 */
import type { Account } from '../../accounts/account.ts'
import { Accounts, type AccountsDifference, diffAccounts } from '../../accounts/accounts.ts'
import { keepsGrant } from '../../accounts/keeps-grant.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { ReloadAnswer } from '../../messages/control-api.ts'
import type { RecordSummary } from '../../messages/renewer-jobs.ts'
import { isServing } from '../fleet/require-renew-role.ts'
import { findRecords } from '../grants/find-records.ts'
import type { BrokerParts, PartsOptions } from './broker-parts.ts'
import type { ConfigurationInForce } from './in-force.ts'
import { reloadAnswer } from './reload-answer.ts'
import { requireSameFoundation } from './same-foundation.ts'

/** What a reload asks of the rest of the program. */
export interface ReloadSources {
  /** Reads the configuration again. @throws CmsOauthError */
  loadConfiguration: () => Promise<Configuration>
  /** Makes all that programs connect to that of the configuration, all or none. @throws CmsOauthError */
  applySockets: (configuration: ConfigurationInForce) => Promise<void>
}

interface ReloadParts
  extends
    ReloadSources,
    Pick<PartsOptions, 'renewer' | 'log'>,
    Pick<BrokerParts, 'inForce' | 'keeper' | 'signIns' | 'stored' | 'grants' | 'events' | 'files'> {
  /** Tells those that share a store whose tokens are wanted. */
  follow: () => void
}

/** What a reload will change; nothing of it has been done. */
interface Change {
  configuration: Configuration
  accounts: Accounts
  difference: AccountsDifference
  /** Changed ones whose tokens come by another sign-in from now on, or by none. */
  moved: ReadonlySet<Account>
  /** Accounts that may have a record in the store that was not taken up yet. */
  fresh: readonly Account[]
  records: readonly RecordSummary[]
  /** When the store was asked: what has come since then is newer than the records. */
  readAt: number
}

/** Puts the file as it is now in force. @throws CmsOauthError, and nothing has changed */
export async function reload(parts: ReloadParts): Promise<ReloadAnswer> {
  const change = await prepare(parts)
  await parts.applySockets(change.configuration)
  return adopt(parts, change)
}

async function prepare(parts: ReloadParts): Promise<Change> {
  const { inForce, files, renewer, keeper, stored, loadConfiguration } = parts
  const configuration = await loadConfiguration()
  requireSameFoundation(inForce.configuration, configuration)
  files.requireOwnership(configuration.tokenFiles)
  const accounts = await Accounts.fromInTurns(configuration)
  const difference = await diffAccounts(inForce.accounts, accounts)
  const { added, changed } = difference
  const moved = new Set(
    changed.filter((account) => !keepsGrant(inForce.accounts.find(account.user), account)),
  )
  // What was kept of a sign-in may be the account's now that its login_hint is another.
  const idle = changed.filter(({ user }) => keeper.find(user)?.state.name === 'signed_out')
  const fresh = [...new Set([...added, ...moved, ...idle])]
  const readAt = stored.moment
  const records = isServing(configuration.store) ? [] : await findRecords(renewer, fresh)
  return { configuration, accounts, difference, moved, fresh, records, readAt }
}

function adopt(parts: ReloadParts, change: Change): ReloadAnswer {
  const { inForce, renewer, keeper, stored, grants, files, log } = parts
  const { configuration, accounts, difference, fresh, records, readAt } = change
  const before = inForce.configuration
  inForce.replace(configuration, accounts)
  renewer.confineFor(configuration)
  for (const { user } of difference.removed) remove(parts, user)
  for (const account of difference.changed) reconfigure(parts, change, account)
  for (const account of difference.added) keeper.add(account)
  grants.takeUp(isServing(configuration.store) ? [] : fresh, stored.bringUpToDate(records, readAt))
  if (isOfOtherUsers(difference)) parts.follow()
  const restored = files.apply(configuration.tokenFiles, (user) => keeper.find(user))
  grants.retryMisconfigured()
  log.setLevel(configuration.log.level)
  log.info('configuration.applied', { path: configuration.file })
  return reloadAnswer({ before, after: configuration, accounts: difference, restored })
}

function isOfOtherUsers({ added, removed, changed }: AccountsDifference): boolean {
  return added.length + removed.length + changed.length > 0
}

function remove({ signIns, keeper, events }: ReloadParts, user: string): void {
  signIns.cancel(user, `"${user}" was removed from the configuration`)
  keeper.remove(user)
  events.drop(user)
}

function reconfigure({ signIns, keeper }: ReloadParts, { moved }: Change, account: Account): void {
  // Its grant would be one of the old entry.
  signIns.cancel(account.user, `a reload changed "${account.user}"`)
  if (moved.has(account)) keeper.get(account.user).forget()
  keeper.reconfigure(account)
}
