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

/** What of the engine's a claim is. */
export interface HeldClaim {
  job: string
  /** As it was when it was claimed. */
  sight: Sight
  /** Absent: it holds no lock. */
  lease?: HeldLease
  isTakeover?: boolean
}

/** What a claim and the other claims of its process have to do with each other. */
interface ClaimRelations {
  onEnd: (end: ClaimEnd) => void
  /** The job of a slow sign-in of the same account; undefined: there is none. */
  slowOne: () => string | undefined
  beginSlow: () => SharedClaim
}

/** A claim that this host holds; without a lease it holds no lock, and only adds a sign-in of its own. */
export class SharedClaim implements Claim {
  readonly job: string
  readonly isTakeover: boolean
  readonly #world: ClaimWorld
  readonly #request: ClaimRequest
  readonly #sight: Sight
  readonly #lease: HeldLease | undefined
  readonly #relations: ClaimRelations
  #isTooLate = false
  #isOver = false
  #written: Written | undefined
  /** A grant of it lies aside. */
  #isUnsaved = false
  /** How it is to be given back once that has its place. */
  #outcome: ClaimOutcome | undefined
  #ifSuperseded: () => Promise<unknown> = () => Promise.resolve()
  /** What is to be shared as soon as its grant is durable. */
  #waiting: FreshToken | undefined

  constructor(
    world: ClaimWorld,
    request: ClaimRequest,
    held: HeldClaim,
    relations: ClaimRelations,
  ) {
    this.#world = world
    this.#request = request
    this.job = held.job
    this.isTakeover = held.isTakeover ?? false
    this.#sight = held.sight
    this.#lease = held.lease
    this.#relations = relations
  }

  lineage(isSignIn: boolean): Lineage {
    const { number, revision } = this.#sight.grant
    return { job: this.job, number, isSignIn, ...(revision === undefined ? {} : { revision }) }
  }

  maySend(): boolean {
    // Only a refresh token can be presented twice.
    if (this.#request.purpose !== 'refresh') return true
    if (this.#isOver) return false
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

  ifSuperseded(act: () => Promise<unknown>): void {
    this.#ifSuperseded = act
  }

  forSlowSignIn(): SharedClaim {
    return this.#relations.beginSlow()
  }

  /**
   * What became of a grant of it; undefined: the engine has not taken it yet. Resolves when what waited
   * for that is shared.
   */
  async wasWritten(written: Written | undefined): Promise<void> {
    this.#written = written
    this.#isUnsaved = written === undefined
    if (written === undefined) return this.#tell('escrowed')
    if (written.outcome === 'superseded') {
      this.#tell('superseded')
      await this.#ifSuperseded()
    }
    const [waiting, outcome] = [this.#waiting, this.#outcome]
    this.#waiting = undefined
    if (waiting !== undefined) await this.share(waiting)
    else if (outcome !== undefined) await this.giveBack(outcome)
  }

  async share(token: FreshToken): Promise<FreshToken> {
    this.#isOver = true
    const shared = this.#sharedForm(token)
    if (this.#isUnsaved) {
      this.#waiting = token
      return shared
    }
    const isKnown = await this.#settle((sight) => this.#sharing(sight, shared))
    const isOurs = this.#written?.outcome === 'durable' || this.#request.purpose === 'app-token'
    if (isKnown && isOurs) this.#tell('committed', shared.number)
    this.#relations.onEnd({ wasSent: true, isKnown })
    return shared
  }

  async giveBack(outcome: ClaimOutcome): Promise<void> {
    this.#isOver = true
    this.#outcome = outcome
    // Other hosts are not to present the refresh token that it was got by before it has its place.
    if (this.#isUnsaved) return
    const hasNothing = this.#lease === undefined && this.#relations.slowOne() !== this.job
    const isKnown = hasNothing || (await this.#settle((sight) => this.#givingBack(sight, outcome)))
    this.#relations.onEnd({ wasSent: outcome !== 'unsent', isKnown })
  }

  #sharedForm(token: FreshToken): SharedToken {
    const { grant, token: newest } = this.#sight
    const before = this.#request.purpose === 'app-token' ? (newest?.number ?? 0) : grant.number
    const lifetimeMs = Math.max(0, token.expiresAt - this.#world.now())
    return { ...token, number: this.#written?.number ?? token.number ?? before + 1, lifetimeMs }
  }

  /** Nothing of it where another host has written a grant since. */
  #sharing(sight: Sight, token: SharedToken): SharedChange {
    const { owner, user, purpose, issuer } = this.#request
    const isOurs = purpose === 'app-token' || sight.grant.job === this.job
    const isNewest = isOurs && (sight.token === undefined || sight.token.number < token.number)
    const { tokenKey, state } = this.#world
    const told = { ...token, expiresAt: token.expiresAt - state.clockAheadMs }
    const sealed = isNewest ? sealToken(user, told, tokenKey, issuer) : undefined
    const { parts, slow } = this.#leaving(sight)
    return {
      owner,
      user,
      where: { grant: sight.grant, token: sight.token, ...seenOf(sight) },
      remove: [...parts, ...(sight.failure === undefined ? [] : ['failure' as const])],
      put: {
        ...slow,
        ...(sealed === undefined ? {} : { token: { number: token.number, sealed } }),
      },
    }
  }

  #givingBack(sight: Sight, outcome: ClaimOutcome): SharedChange {
    const { owner, user, purpose } = this.#request
    const { parts, slow } = this.#leaving(sight)
    const mayTell = purpose === 'refresh' || purpose === 'app-token'
    const failure = typeof outcome === 'object' && mayTell ? this.#failureOf(outcome) : undefined
    return {
      owner,
      user,
      where: { grant: sight.grant, ...seenOf(sight) },
      remove: outcome === 'unknown' ? parts.filter((part) => part === 'lock') : parts,
      put: {
        ...(outcome === 'unknown' ? {} : slow),
        ...(failure === undefined ? {} : { failure }),
      },
    }
  }

  /**
   * What is there of the claim, and what is put in its place: while a slow sign-in may still be presented
   * here, other hosts leave the account alone as one of which nobody knows whether it was refreshed.
   */
  #leaving(sight: Sight): {
    parts: ('lock' | 'intent')[]
    slow: Pick<NonNullable<SharedChange['put']>, 'intent'>
  } {
    const parts = partsOf(this.job, sight)
    const job = this.#relations.slowOne()
    if (job === undefined || job === this.job || !parts.includes('intent'))
      return { parts, slow: {} }
    return {
      parts: parts.filter((part) => part === 'lock'),
      slow: { intent: { job, number: sight.grant.number } },
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
