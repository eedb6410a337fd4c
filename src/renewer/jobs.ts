import { type Account, needsSignIn, signInOwner } from '../accounts/account.ts'
import type { ProviderName } from '../config/configuration.ts'
import { SignInRequiredError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import { probeProvider } from '../providers/probe.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import type { Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import { withDeadline } from './deadline.ts'
import {
  deviceFlowOf,
  failedImport,
  failedSignIn,
  isOfIssuer,
  requireIdentity,
  requireSameIssuer,
} from './grant-checks.ts'
import {
  type DeviceVerification,
  type JobKind,
  type Jobs,
  type Refreshed,
  userOf,
} from './messages.ts'
import { disclosed, grantOf, rotated, seal } from './sealed-grant.ts'
import { nameTestingEnd } from './testing-end.ts'

interface JobRunnerOptions {
  /** Opens the store; called once, at the first job. */
  openStore: () => Promise<Store>
  findProvider: (name: ProviderName) => Promise<Provider>
  now: () => number
  /** Takes what came, and is sealed, after its job had been answered; `user` is the job's account. */
  onLate?: (user: string, refreshed: Refreshed) => void
  /** Told at each change of the accounts whose exchange with a provider is still open. */
  onExchanges?: (users: string[]) => void
  deadlineMs?: number
}

/**
 * Does the renewer's work. Jobs of one account run one after the other, so that a refresh that
 * began earlier can never seal its grant over that of a newer sign-in.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions
  readonly #tails = new Map<string, Promise<unknown>>()
  #store: Promise<Store> | undefined

  constructor(options: JobRunnerOptions) {
    this.#options = options
  }

  /** The job's result. @throws CmsOauthError */
  run<K extends JobKind>(kind: K, parameters: Jobs[K]['parameters']): Promise<Jobs[K]['result']> {
    const work = this.#workOf(kind) as (p: Jobs[K]['parameters']) => Promise<Jobs[K]['result']>
    // What touches no record need not wait for a refresh that hangs.
    const isApart = kind.startsWith('start-') || kind === 'probe'
    const user = isApart ? undefined : userOf(parameters)
    return user === undefined ? work(parameters) : this.#inTurn(user, () => work(parameters))
  }

  /** Resolves when nothing is under way, and the store is closed. */
  async close(): Promise<void> {
    while (this.#tails.size > 0) await Promise.allSettled(this.#tails.values())
    const store = await this.#store?.catch(() => undefined)
    await store?.close()
  }

  #workOf(kind: JobKind): (parameters: never) => Promise<unknown> {
    const work: { [K in JobKind]: (p: Jobs[K]['parameters']) => Promise<Jobs[K]['result']> } = {
      'open-store': async ({ users }) => ({ records: (await this.#openStore()).list(users) }),
      'start-authorization': (parameters) => this.#startAuthorization(parameters),
      'redeem-code': (parameters) => this.#redeemCode(parameters),
      'start-device-authorization': ({ account }) => this.#startDeviceAuthorization(account),
      'poll-device-code': (parameters) => this.#pollDeviceCode(parameters),
      refresh: ({ account }) => this.#refresh(account),
      import: ({ account, refreshToken }) => this.#import(account, refreshToken),
      probe: ({ account }) =>
        this.#withDeadline(account, (signal) => probeProvider(account, signal)),
      forget: (parameters) => this.#forget(parameters),
    }
    return work[kind]
  }

  #withDeadline<T>(account: Account, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(account.user, call, this.#options.deadlineMs)
  }

  #providerOf({ provider }: Account): Promise<Provider> {
    return this.#options.findProvider(provider)
  }

  #openStore(): Promise<Store> {
    if (this.#store === undefined) {
      const store = this.#options.openStore()
      // A store that could not be opened is tried anew by the next job.
      store.catch(() => {
        this.#store = undefined
      })
      this.#store = store
    }
    return this.#store
  }

  async #inTurn<T>(user: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#tails.get(user) ?? Promise.resolve()).then(work)
    const tail = turn.then(
      () => {},
      () => {},
    )
    this.#tails.set(user, tail)
    try {
      return await turn
    } finally {
      if (this.#tails.get(user) === tail) this.#tails.delete(user)
    }
  }

  async #startAuthorization(
    parameters: Jobs['start-authorization']['parameters'],
  ): Promise<Jobs['start-authorization']['result']> {
    const { account, ...request } = parameters
    const provider = await this.#providerOf(account)
    return this.#withDeadline(account, (signal) =>
      provider.startAuthorization(account, request, signal),
    )
  }

  async #startDeviceAuthorization(account: Account): Promise<DeviceVerification> {
    const flow = deviceFlowOf(account, await this.#providerOf(account))
    const started = await this.#withDeadline(account, (signal) => flow.start(account, signal))
    return { ...started, deviceCode: started.deviceCode.reveal() }
  }

  async #pollDeviceCode(
    parameters: Jobs['poll-device-code']['parameters'],
  ): Promise<Jobs['poll-device-code']['result']> {
    const { account } = parameters
    const flow = deviceFlowOf(account, await this.#providerOf(account))
    const store = await this.#openStore()
    const deviceCode = new Secret(parameters.deviceCode)
    const polled = await this.#withDeadline(account, (signal) =>
      flow.poll(account, deviceCode, signal),
    ).catch(failedSignIn)
    if (typeof polled === 'string') return { later: polled }
    requireIdentity(account, polled)
    return this.#seal(store, account, polled, this.#options.now())
  }

  async #redeemCode(parameters: Jobs['redeem-code']['parameters']): Promise<Refreshed> {
    const { account, redirectUri, nonce } = parameters
    const provider = await this.#providerOf(account)
    const store = await this.#openStore()
    const redemption = {
      redirectUri,
      nonce,
      code: new Secret(parameters.code),
      codeVerifier: new Secret(parameters.codeVerifier),
    }
    const tokens = await this.#withDeadline(account, (signal) =>
      provider.redeemCode(account, redemption, signal),
    ).catch(failedSignIn)
    requireIdentity(account, tokens)
    return this.#seal(store, account, tokens, this.#options.now())
  }

  async #refresh(account: Account): Promise<Refreshed> {
    if (!needsSignIn(account)) return this.#fetchAppToken(account)
    const store = await this.#openStore()
    const owner = signInOwner(account)
    const grant = await store.read(owner)
    if (grant === undefined) {
      throw new SignInRequiredError(`nobody has signed in for "${owner}" yet`, {
        hint: `run "cms-oauth login ${owner}"`,
      })
    }
    requireSameIssuer(account, grant)
    const provider = await this.#providerOf(account)
    const tokens = await this.#withDeadline(account, (signal) =>
      provider.refresh(account, grant.renewal, signal),
    ).catch((error: unknown) => {
      throw nameTestingEnd(account, grant, error, this.#options.now())
    })
    // Said at the sign-in, and by some providers never again.
    const { renewalExpiresAt } = grant
    const told = renewalExpiresAt === undefined ? {} : { renewalExpiresAt }
    const toSeal = { ...told, ...tokens }
    if (owner !== account.user) {
      return seal(store, rotated(grant, toSeal, this.#options.now()), toSeal)
    }
    return this.#seal(store, account, toSeal, grant.signedInAt)
  }

  /** Nothing is sealed: the client's own credentials are all that the next one needs. */
  async #fetchAppToken(account: Account): Promise<Refreshed> {
    const provider = await this.#providerOf(account)
    const { accessToken, expiresAt, scopes } = await this.#withDeadline(account, (signal) =>
      provider.fetchAppToken(account, signal),
    )
    return { ...disclosed(accessToken), expiresAt, scopes, isDurable: true }
  }

  async #import(account: Account, refreshToken: string): Promise<Refreshed> {
    const store = await this.#openStore()
    const provider = await this.#providerOf(account)
    const renewal = { kind: 'refresh_token' as const, refreshToken: new Secret(refreshToken) }
    const tokens = await this.#withDeadline(account, (signal) =>
      provider.refresh(account, renewal, signal),
    ).catch(failedImport)
    requireIdentity(account, tokens)
    return this.#seal(store, account, tokens, this.#options.now())
  }

  async #forget(parameters: Jobs['forget']['parameters']): Promise<Jobs['forget']['result']> {
    const { user, account, revoke } = parameters
    const store = await this.#openStore()
    let wasRevoked = false
    if (revoke && account !== undefined) {
      const grant = await store.read(user)
      const provider = await this.#providerOf(account)
      if (grant !== undefined && isOfIssuer(account, grant)) {
        wasRevoked = await this.#withDeadline(account, (signal) =>
          provider.revoke(account, grant.renewal, signal),
        )
      }
    }
    await store.remove(user)
    return { wasRevoked }
  }

  /** Seals the renewal of the account's own sign-in. */
  #seal(store: Store, account: Account, tokens: TokenSet, signedInAt: number): Promise<Refreshed> {
    const refreshedAt = this.#options.now()
    return seal(store, grantOf(account, tokens, { signedInAt, refreshedAt }), tokens)
  }
}
