import type { Account } from '../../accounts/account.ts'
import type { Secret } from '../../logging/secret.ts'
import type { Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import { isOfIssuer } from './grant-checks.ts'
import { heldStore, type JobContext, type Work } from './job-context.ts'
import { revokeInTime } from './revoke-refused.ts'
import { renewalBy } from './sealed-grant.ts'

/**
 * Removes the record; with `revoke` tells the provider first. What is under way is waited for a while,
 * and not sealed later; with `revoke` it is revoked when it comes.
 */
export const forget: Work<'forget'> = async (context, { user, account, revoke }, answering) => {
  const { exchanges, providerOf, deadlineMs } = context
  const store = await answering.waitForStore(heldStore(context))
  await exchanges.waitFor(user, answering.signal, deadlineMs / 2)
  if (!revoke || account === undefined) {
    if (answering.signal.aborted) throw answering.signal.reason
    exchanges.supersede(user)
    await store.remove(user)
    return { wasRevoked: false }
  }
  const provider = await providerOf(account)
  const revocation = new Revocation({ store, provider, account, signal: answering.signal })
  await revocation.run()
  if (answering.signal.aborted) throw answering.signal.reason
  exchanges.supersede(user, (refreshToken) =>
    revokeLate(context, { store, provider, account }, refreshToken),
  )
  // What came while the provider was told of the older one.
  await revocation.run()
  await store.remove(user)
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
  const isSignedInAgain = (await store.overview.list([account.user])).length > 0
  const wasRevoked =
    !isSignedInAgain && (await revokeInTime(provider, account, renewalBy(refreshToken)))
  onDropped(account.user, wasRevoked)
}
