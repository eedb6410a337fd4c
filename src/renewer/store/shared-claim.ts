import { StoreLockedError } from '../../errors.ts'
import { type SharedToken, sealToken } from '../../fleet/token-record.ts'
import type { FreshToken, RefreshLater } from '../../messages/renewer-jobs.ts'
import type { FleetNews } from '../../messages/renewer-messages.ts'
import type { MasterKey } from '../../sealing/master-key.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import type { Claim, ClaimOutcome, ClaimRequest } from './claim.ts'
import type { Lineage } from './record.ts'
import type { Written } from './sealed-grants.ts'
import { partsOf, seenOf, settle } from './settle-claim.ts'
import type { HeldLease, SharedChange, SharedState, Sight } from './shared-state.ts'

/** What all claims of a process work with. */
export interface ClaimWorld {
  state: SharedState
  tokenKey: MasterKey
  /** Epoch ms. */
  now: () => number
  onNews: (news: FleetNews) => void
  /** How long the lease must last when a request leaves: the deadline of a job and 5 s. */
  reserveMs: number
}

/** For so long the other hosts believe a refusal. */
const refusalMs = 60_000
const longestRefusalMs = 15 * 60_000

/** How a claim is over. */
interface ClaimEnd {
  /** False where its refresh token was certainly not presented. */
  wasSent: boolean
  /** False where the engine may not know that it is over. */
  isKnown: boolean
}

/** A claim that this host holds; without a lease it holds no lock, and only adds a sign-in of its own. */
export class SharedClaim implements Claim {
  readonly job: string
  readonly #world: ClaimWorld
  readonly #request: ClaimRequest
  readonly #sight: Sight
  readonly #lease: HeldLease | undefined
  readonly #onEnd: (end: ClaimEnd) => void
  #isTooLate = false
  #written: Written | undefined
  /** What is to be shared as soon as its grant is durable. */
  #waiting: FreshToken | undefined

  constructor(
    world: ClaimWorld,
    request: ClaimRequest,
    held: { job: string; sight: Sight; lease?: HeldLease },
    onEnd: (end: ClaimEnd) => void,
  ) {
    this.#world = world
    this.#request = request
    this.job = held.job
    this.#sight = held.sight
    this.#lease = held.lease
    this.#onEnd = onEnd
  }

  lineage(isSignIn: boolean): Lineage {
    const { number, revision } = this.#sight.grant
    return { job: this.job, number, isSignIn, ...(revision === undefined ? {} : { revision }) }
  }

  maySend(): boolean {
    // Only a refresh token can be presented twice.
    if (this.#request.purpose !== 'refresh') return true
    this.#isTooLate = (this.#lease?.leftMs() ?? 0) < this.#world.reserveMs
    if (this.#isTooLate) this.#tell('lease_too_short')
    return !this.#isTooLate
  }

  overtaken(): StoreLockedError {
    this.#isTooLate = true
    return new StoreLockedError(`another host has just refreshed "${this.#request.owner}"`, {
      hint: 'what it got is used automatically',
    })
  }

  get later(): RefreshLater | undefined {
    if (!this.#isTooLate && !this.isSuperseded) return undefined
    const { now, state } = this.#world
    return { atMs: now() + 1_000, reason: 'locked', host: state.host }
  }

  get isSuperseded(): boolean {
    return this.#written?.outcome === 'superseded'
  }

  /**
   * What became of a grant of it; undefined: the engine has not taken it yet. Resolves when what waited
   * for that is shared.
   */
  async wasWritten(written: Written | undefined): Promise<void> {
    this.#written = written
    if (written === undefined) return this.#tell('escrowed')
    if (written.outcome === 'superseded') this.#tell('superseded')
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) await this.share(waiting)
  }

  async share(token: FreshToken): Promise<FreshToken> {
    const shared = this.#sharedForm(token)
    if (!token.isDurable && this.#written === undefined) {
      this.#waiting = token
      return shared
    }
    const isKnown = await this.#settle((sight) => this.#sharing(sight, shared))
    if (isKnown && !this.isSuperseded) this.#tell('committed', shared.number)
    this.#onEnd({ wasSent: true, isKnown })
    return shared
  }

  async giveBack(outcome: ClaimOutcome): Promise<void> {
    const hasNothing = this.#lease === undefined
    const isKnown = hasNothing || (await this.#settle((sight) => this.#givingBack(sight, outcome)))
    this.#onEnd({ wasSent: outcome !== 'unsent', isKnown })
  }

  #sharedForm(token: FreshToken): SharedToken {
    const { grant, token: newest } = this.#sight
    const before = this.#request.purpose === 'app-token' ? (newest?.number ?? 0) : grant.number
    const lifetimeMs = Math.max(0, token.expiresAt - this.#world.now())
    return { ...token, number: this.#written?.number ?? before + 1, lifetimeMs }
  }

  /** Nothing of it where another host has written a grant since. */
  #sharing(sight: Sight, token: SharedToken): SharedChange {
    const { owner, user, purpose } = this.#request
    const isOurs = purpose === 'app-token' || sight.grant.job === this.job
    const isNewest = isOurs && (sight.token === undefined || sight.token.number < token.number)
    const { tokenKey, state } = this.#world
    const told = { ...token, expiresAt: token.expiresAt - state.clockAheadMs }
    const sealed = isNewest ? sealToken(user, told, tokenKey) : undefined
    return {
      owner,
      user,
      where: { grant: sight.grant, token: sight.token, ...seenOf(sight) },
      remove: [
        ...partsOf(this.job, sight),
        ...(sight.failure === undefined ? [] : ['failure' as const]),
      ],
      ...(sealed === undefined ? {} : { put: { token: { number: token.number, sealed } } }),
    }
  }

  #givingBack(sight: Sight, outcome: ClaimOutcome): SharedChange {
    const { owner, user, purpose } = this.#request
    const ours = partsOf(this.job, sight)
    const mayTell = purpose === 'refresh' || purpose === 'app-token'
    const failure = typeof outcome === 'object' && mayTell ? this.#failureOf(outcome) : undefined
    return {
      owner,
      user,
      where: { grant: sight.grant, ...seenOf(sight) },
      remove: outcome === 'unknown' ? ours.filter((part) => part === 'lock') : ours,
      ...(failure === undefined ? {} : { put: { failure } }),
    }
  }

  #failureOf({ refused }: { refused: Parameters<typeof errorToWire>[0] }) {
    const error = errorToWire(refused)
    const asked = error.retry_after_ms ?? 0
    const forMs = Math.min(longestRefusalMs, Math.max(refusalMs, asked))
    const untilMs = this.#world.now() - this.#world.state.clockAheadMs + forMs
    return { number: this.#sight.grant.number, untilMs, error }
  }

  #settle(changeOf: (sight: Sight) => SharedChange): Promise<boolean> {
    return settle(this.#world.state, this.#request, changeOf)
  }

  #tell(event: FleetNews['event'], number = this.#sight.grant.number): void {
    this.#world.onNews({ event, user: this.#request.user, job: this.job, number })
  }
}
