/** The jobs about a grant that is there. */
import { needsSignIn, signInOwner } from '../../accounts/account.ts'
import type { FreshToken, RecordSummary } from '../../messages/renewer-jobs.ts'
import { probeProvider } from '../providers/probe.ts'
import { type Work, worldOf } from './job-context.ts'
import { mayBeTakenUp, renew } from './renew.ts'
import { disclosed } from './sealed-grant.ts'

/** Which of the accounts have a sign-in, or one that their next refresh may take up; and who else has one. */
export const listRecords: Work<'open-store'> = async ({ openStore }, { accounts }) => {
  const { overview } = await openStore()
  const users = accounts.map(({ user }) => user)
  const records = await overview.list(users)
  const known = new Set(records.map(({ user }) => user))
  const missing = accounts.filter(({ user }) => !known.has(user))
  const toBeTakenUp: RecordSummary[] = []
  for (const account of missing) {
    const [found] = await overview.listUnconfirmed([account.user])
    if (found === undefined || !mayBeTakenUp(account, found)) continue
    toBeTakenUp.push({ user: account.user, signedInAt: found.signedInAt, refreshedAt: 0 })
  }
  return { records: [...records, ...toBeTakenUp], others: await overview.listOthers(users) }
}

/** A fresh access token. */
export const refresh: Work<'refresh'> = async (
  context,
  { account, hasToken = false },
  answering,
) => {
  if (!needsSignIn(account)) return fetchAppToken(context, { account }, answering)
  const { user } = account
  const world = await worldOf(context, account, answering)
  return context.exchanges.run<FreshToken>({
    owner: signInOwner(account),
    key: `refresh ${user}`,
    asked: answering.signal,
    run: (exchange) => {
      const patienceMs = context.deadlineMs / 2
      return renew(world, { account, hasToken, patienceMs }, exchange)
    },
    onLate: (refreshed) => context.onLate(user, refreshed),
    onLost: (error) => context.onLost(user, error),
  })
}

/** Nothing is sealed: the client's own credentials are all that the next one needs. */
const fetchAppToken = async (
  ...[{ providerOf }, { account }, { signal }]: Parameters<Work<'probe'>>
): Promise<FreshToken> => {
  const provider = await providerOf(account)
  const { accessToken, expiresAt, scopes } = await provider.fetchAppToken(account, signal)
  return { ...disclosed(accessToken), expiresAt, scopes, isDurable: true }
}

/** Looks whether the provider can be reached; touches no record. */
export const probe: Work<'probe'> = (_context, { account }, { signal }) =>
  probeProvider(account, signal)
