/** The jobs about a grant that is there. */
import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import type {
  FreshToken,
  RecordSummary,
  RefreshLater,
  TokenStage,
} from '../../messages/renewer-jobs.ts'
import { probeProvider } from '../providers/probe.ts'
import type { Answering } from './deadline.ts'
import { heldStore, type JobContext, type Work, worldOf } from './job-context.ts'
import { mayBeTakenUp, renew } from './renew.ts'
import { disclosed } from './sealed-grant.ts'
import { underClaim } from './under-claim.ts'

/** Which of the accounts have a sign-in, or one that their next refresh may take up; and who else has one. */
export const listRecords: Work<'open-store'> = async (
  { openStore },
  { accounts, areOthersWanted = true },
) => {
  const { overview } = await openStore()
  const users = accounts.map(({ user }) => user)
  const records = await overview.list(users)
  const known = new Set(records.map(({ user }) => user))
  const missing = accounts.filter(({ user }) => !known.has(user))
  const toBeTakenUp: RecordSummary[] = []
  for (const account of missing) {
    const [found] = await overview.listUnconfirmed([account.user])
    if (found === undefined || !mayBeTakenUp(account, found, false)) continue
    toBeTakenUp.push({ user: account.user, signedInAt: found.signedInAt, refreshedAt: 0 })
  }
  const others = areOthersWanted ? await overview.listOthers(users) : []
  return { records: [...records, ...toBeTakenUp], others }
}

/** A fresh access token. */
export const refresh: Work<'refresh'> = async (
  context,
  { account, hasToken = false, known, newest },
  answering,
) => {
  if (!needsSignIn(account)) return shareAppToken(context, { account, known }, answering)
  const { user } = account
  const owner = signInOwner(account)
  const world = await worldOf(context, account, answering)
  const claiming = { account, owner, store: world.store, answering, purpose: 'refresh' as const }
  const renewing = {
    account,
    hasToken,
    newest,
    newestSince: () => context.newestGrants.find(owner),
    patienceMs: context.deadlineMs / 2,
  }
  return context.exchanges.run<FreshToken | { later: RefreshLater }>({
    owner,
    key: `refresh ${user}`,
    asked: answering.signal,
    run: (exchange) =>
      underClaim<never>(context, { ...claiming, known }, exchange, (claim, maySend) =>
        renew({ ...world, claim }, renewing, { ...exchange, maySend }),
      ),
    onLate: (refreshed) => {
      if (!('later' in refreshed)) context.onLate(user, refreshed)
    },
    onLost: (error) => context.onLost(user, error),
  })
}

/** No refresh token is at stake: it is claimed so that hosts ask one at a time, and share what comes. */
async function shareAppToken(
  context: JobContext,
  { account, known }: { account: Account; known: TokenStage | undefined },
  answering: Answering,
): Promise<FreshToken | { later: RefreshLater }> {
  if (!context.isShared) return fetchAppToken(context, account, answering.signal)
  const store = await answering.waitForStore(heldStore(context))
  const { user: owner } = account
  const claiming = { account, owner, store, answering, known, purpose: 'app-token' as const }
  const always = { maySend: () => true }
  return underClaim<never>(context, claiming, always, (_claim, maySend) => {
    maySend()
    return fetchAppToken(context, account, answering.signal)
  })
}

/** Nothing is sealed: the client's own credentials are all that the next one needs. */
async function fetchAppToken(
  { providerOf }: JobContext,
  account: Account,
  signal: AbortSignal,
): Promise<FreshToken> {
  const provider = await providerOf(account)
  const { accessToken, expiresAt, scopes } = await provider.fetchAppToken(account, signal)
  return { ...disclosed(accessToken), expiresAt, scopes, isDurable: true }
}

/** Asks whether the provider can be reached; touches no record. */
export const probe: Work<'probe'> = (_context, { account }, { signal }) =>
  probeProvider(account, signal)
