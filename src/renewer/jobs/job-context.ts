import type { Account } from '../../accounts/account.ts'
import type { StoreConfiguration } from '../../configuration/configuration.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { JobKind, Jobs, FreshToken } from '../../messages/renewer-jobs.ts'
import type { Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import type { Answering } from './deadline.ts'
import type { Exchanges } from './exchanges.ts'
import type { GrantWorld } from './grant-world.ts'
import type { NewestGrants } from './newest-grants.ts'

/** What the jobs of one renewer share. */
export interface JobContext {
  exchanges: Exchanges
  newestGrants: Pick<NewestGrants, 'find'>
  /** The provider of an account; its library is loaded at the first call. */
  providerOf: (account: Account) => Promise<Provider>
  /** The store, opened by the first job that needs it. @throws CmsOauthError */
  openStore: () => Promise<Store>
  /** Opens the store of another configuration; whoever does closes it. @throws CmsOauthError */
  openOther: (store: StoreConfiguration) => Promise<Store>
  /** Seals the records of the store with the keys of another configuration. @throws CmsOauthError */
  rekey: (store: StoreConfiguration) => Promise<Jobs['rekey-store']['result']>
  /** Epoch ms. */
  now: () => number
  /** Within which a job is answered. */
  deadlineMs: number
  /** True where hosts share the store, and all their tokens in it. */
  isShared: boolean
  /** Has what nobody waits for end before the process does. */
  goOn: (work: Promise<unknown>) => void
  /** Takes what came, and is sealed, after its job had been answered; `user` is the job's account. */
  onLate: (user: string, refreshed: FreshToken) => void
  /** Told when a refresh whose job had been answered ended so that nobody knows whether it rotated. */
  onLost: (user: string, error: CmsOauthError) => void
  /** Told when a sign-in is sealed though its job failed: the account's next refresh takes it up. */
  onKept: (user: string) => void
  /** Told when what came after a logout that revokes was dropped, and whether it was revoked too. */
  onDropped: (user: string, wasRevoked: boolean) => void
}

/** One kind of job. @throws CmsOauthError */
export type Work<K extends JobKind> = (
  context: JobContext,
  parameters: Jobs[K]['parameters'],
  answering: Answering,
) => Promise<Jobs[K]['result']>

/** What an exchange of the account works with, but for its claim. @throws CmsOauthError */
export async function worldOf(
  context: JobContext,
  account: Account,
  { waitForStore }: Answering,
): Promise<Omit<GrantWorld, 'claim'>> {
  const { providerOf, now, goOn } = context
  const provider = await providerOf(account)
  const store = await waitForStore(heldStore(context))
  return { provider, store, goOn, now: () => now() - (store.shared?.clockAheadMs ?? 0) }
}

/** The store, when nobody else works for the same issuer. @throws CmsOauthError */
export async function heldStore({ openStore }: JobContext): Promise<Store> {
  const store = await openStore()
  await store.hold()
  return store
}
