/** The jobs that begin a grant, and the one that leads to one of them. */
import type { Account } from '../../accounts/account.ts'
import { SignInFailedError } from '../../errors.ts'
import { Secret } from '../../logging/secret.ts'
import type { FreshToken, RefreshLater } from '../../messages/renewer-jobs.ts'
import type { PollLater } from '../../oauth/device-poll.ts'
import type { Answering } from './deadline.ts'
import { failedImport, failedSignIn, isOfIssuer } from './grant-checks.ts'
import type { GrantWorld } from './grant-world.ts'
import { type JobContext, type Work, worldOf } from './job-context.ts'
import { type Beginning, beginGrant, digestOf } from './new-grant.ts'
import { renewalBy } from './sealed-grant.ts'
import { underClaim } from './under-claim.ts'

/** Where the browser is sent. */
export const startAuthorization: Work<'start-authorization'> = async (
  { providerOf },
  { account, ...request },
  { signal },
) => (await providerOf(account)).startAuthorization(account, request, signal)

/** A device code, and what a person does with it. */
export const startDeviceAuthorization: Work<'start-device-authorization'> = async (
  { providerOf },
  { account },
  { signal },
) => {
  const { deviceFlow } = await providerOf(account)
  const started = await deviceFlow.start(account, signal)
  return { ...started, deviceCode: started.deviceCode.reveal() }
}

/** Redeems a code, compares the address, seals the grant. */
export const redeemCode: Work<'redeem-code'> = (context, parameters, answering) => {
  const { account, redirectUri, nonce } = parameters
  const code = new Secret(parameters.code)
  const redemption = { redirectUri, nonce, code, codeVerifier: new Secret(parameters.codeVerifier) }
  const key = `code ${digestOf(code)}`
  return begin<never>(context, { account, key, answering }, async ({ provider }) => ({
    signIn: { nonce },
    ask: (exchange) => provider.redeemCode(account, redemption, exchange),
  })).catch(failedSignIn)
}

/**
 * Asks once whether the person is done; then as a code. Nobody else waits for the answer, and a used
 * code is worth nothing to a second poll: once the first has left it is waited for to its end.
 */
export const pollDeviceCode: Work<'poll-device-code'> = async (context, parameters, answering) => {
  const { account } = parameters
  const deviceCode = new Secret(parameters.deviceCode)
  const { deviceFlow } = await context.providerOf(account)
  const key = `device code ${digestOf(deviceCode)}`
  const onLeave = () => answering.waitToTheEnd()
  const asking = { account, key, answering, onLeave, purpose: 'device-poll' as const }
  const polled = await begin<PollLater>(context, asking, async () => ({
    signIn: {},
    ask: (exchange) => deviceFlow.poll(account, deviceCode, exchange),
  })).catch(failedSignIn)
  return typeof polled === 'string' ? { later: polled } : polled
}

/** Takes over a foreign refresh token, or what an earlier import of it was exchanged for. */
export const importGrant: Work<'import'> = (context, parameters, answering) => {
  const { account } = parameters
  const foreign = new Secret(parameters.refreshToken)
  const importedFrom = digestOf(foreign)
  const key = `import ${importedFrom}`
  return begin<never>(context, { account, key, answering }, async ({ store, provider }) => {
    const earlier = await store.readUnconfirmed(account.user)
    const isSame = earlier?.importedFrom === importedFrom && isOfIssuer(account, earlier)
    const renewal = isSame ? earlier.renewal : renewalBy(foreign)
    return { importedFrom, ask: (exchange) => provider.refresh(account, renewal, exchange) }
  }).catch(failedImport)
}

interface Asking {
  account: Account
  key: string
  answering: Answering
  /** Absent: `sign-in`. */
  purpose?: 'sign-in' | 'device-poll'
  /** Told when the request leaves. */
  onLeave?: () => void
}

/** A person waits, who has a code that expires: what hangs is not waited for to the end. */
async function begin<Later extends PollLater>(
  context: JobContext,
  { account, key, answering, purpose = 'sign-in', onLeave }: Asking,
  prepare: (
    world: GrantWorld,
  ) => Promise<Pick<Beginning<Later>, 'ask' | 'signIn' | 'importedFrom'>>,
): Promise<FreshToken | Later> {
  const { user } = account
  const unclaimed = await worldOf(context, account, answering)
  const claiming = { account, owner: user, store: unclaimed.store, answering, purpose }
  return context.exchanges.run({
    owner: user,
    key,
    asked: answering.signal,
    patienceMs: context.deadlineMs / 2,
    ...(onLeave === undefined ? {} : { onLeave }),
    run: async (exchange) => {
      const { onKept } = context
      const begun = await underClaim(context, claiming, exchange, async (claim, maySend) => {
        const world = { ...unclaimed, claim }
        const beginning = { account, onKept, ...(await prepare(world)) }
        return beginGrant(world, beginning, { ...exchange, maySend })
      })
      return requireBegun(account, begun)
    },
    onLate: (begun) => {
      if (typeof begun !== 'string') context.onLate(user, begun)
    },
    // No sign-in of the account depends on it.
    onLost: () => {},
  })
}

/** @throws SignInFailedError where another host has signed in or out meanwhile */
function requireBegun<Later extends PollLater>(
  { user }: Account,
  begun: FreshToken | Later | { later: RefreshLater },
): FreshToken | Later {
  if (typeof begun === 'string' || !('later' in begun)) return begun
  throw new SignInFailedError(
    `another host has signed in "${user}", or signed it out, since this sign-in began`,
    { hint: `run "cms-oauth status"; if that is not what you want, run "cms-oauth login ${user}"` },
  )
}
