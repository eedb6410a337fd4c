import type { Account } from '../../accounts/account.ts'
import type { Jobs } from '../../messages/renewer-jobs.ts'
import type { Secret } from '../../logging/secret.ts'
import type { Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import { isOfIssuer } from './grant-checks.ts'
import { heldStore, type JobContext, type Work } from './job-context.ts'
import { revokeSignedOut } from './revoke-refused.ts'
import { renewalBy } from './sealed-grant.ts'

/**
 * Removes the record; with `revoke` tells the provider first. What is under way, here or at another host
 * of the store, is waited for a while, and not sealed later; with `revoke` it is revoked when it comes.
 */
export const forget: Work<'forget'> = async (context, parameters, answering) => {
  const { user } = parameters
  const { signal, waitForStore } = answering
  const store = await waitForStore(heldStore(context))
  await context.exchanges.waitFor(user, signal, context.deadlineMs / 2)
  const request = { owner: user, user, purpose: 'logout' as const, isStrict: true, signal }
  const claimed = await waitForStore(store.claim(request), store.shared?.name)
  try {
    return await remove(context, store, parameters, signal)
  } finally {
    if (claimed.kind === 'mine') context.goOn(claimed.claim.giveBack('unsent'))
  }
}

async function remove(
  context: JobContext,
  store: Store,
  { user, account, revoke, usedBy = [] }: Jobs['forget']['parameters'],
  signal: AbortSignal,
): Promise<{ wasRevoked: boolean }> {
  const { exchanges, providerOf } = context
  if (!revoke || account === undefined) {
    if (signal.aborted) throw signal.reason
    exchanges.supersede(user)
    await store.remove(user, usedBy)
    return { wasRevoked: false }
  }
  const provider = await providerOf(account)
  const revocation = new Revocation({ store, provider, account, signal })
  await revocation.run()
  if (signal.aborted) throw signal.reason
  exchanges.supersede(user, (refreshToken) =>
    revokeLate(context, { store, provider, account }, refreshToken),
  )
  // What came while the provider was told of the older one.
  await revocation.run()
  await store.remove(user, usedBy)
  return { wasRevoked: revocation.wasRevoked }
}

interface RevocationOptions {
  store: Store
  provider: Provider
  account: Account
  signal: AbortSignal
}

/** Of all that the store holds of an account, each refresh token once. */
class Revocation {
  readonly #options: RevocationOptions
  readonly #revoked = new Set<string>()
  /** Whether the provider has revoked the newest of them. */
  wasRevoked = false

  constructor(options: RevocationOptions) {
    this.#options = options
  }

  /** @throws as Provider.revoke does */
  async run(): Promise<void> {
    const { store, provider, account, signal } = this.#options
    for (const grant of [
      await store.readUnconfirmed(account.user),
      await store.read(account.user),
    ]) {
      if (grant === undefined || !isOfIssuer(account, grant)) continue
      const refreshToken = grant.renewal.refreshToken.reveal()
      if (this.#revoked.has(refreshToken)) continue
      this.wasRevoked = await provider.revoke(account, grant.renewal, signal)
      this.#revoked.add(refreshToken)
    }
  }
}

/** Not where a person has signed in again since: some providers would end that sign-in too. */
async function revokeLate(
  { onDropped }: JobContext,
  { store, provider, account }: Omit<RevocationOptions, 'signal'>,
  refreshToken: Secret,
): Promise<void> {
  const { user } = account
  const renewal = renewalBy(refreshToken)
  const wasRevoked = await revokeSignedOut({ store, provider }, account, { user, renewal })
  onDropped(user, wasRevoked)
}
