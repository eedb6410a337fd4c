import { StoreLockedError } from '../../errors.ts'
import type { SharedToken } from '../../fleet/token-record.ts'
import type { FreshToken, RefreshLater } from '../../messages/renewer-jobs.ts'
import type { FleetNews } from '../../messages/renewer-messages.ts'
import { type Claimed, type ClaimWorld, givingBack, sharing } from './claim-changes.ts'
import type { Claim, ClaimOutcome, ClaimRequest } from './claim.ts'
import type { Lineage } from './record.ts'
import type { Written } from './sealed-grants.ts'
import { settle } from './settle-claim.ts'
import type { HeldLease, SharedChange, Sight } from './shared-state.ts'

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

  lineage(way: 'sign-in' | 'refresh'): Lineage {
    const { number, revision } = this.#sight.grant
    const isSignIn = way === 'sign-in'
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
    const isKnown = await this.#settle((sight) => sharing(this.#claimed(), sight, shared))
    const isOurs = this.#written?.outcome === 'durable' || this.#request.purpose === 'app-token'
    if (isKnown && isOurs) this.#tell('committed', { number: shared.number })
    this.#relations.onEnd({ wasSent: true, isKnown })
    return shared
  }

  async giveBack(outcome: ClaimOutcome): Promise<void> {
    this.#isOver = true
    this.#outcome = outcome
    // Other hosts are not to present the refresh token that it was got by before it has its place.
    if (this.#isUnsaved) return
    const hasNothing = this.#lease === undefined && this.#relations.slowOne() !== this.job
    const isKnown =
      hasNothing || (await this.#settle((sight) => givingBack(this.#claimed(), sight, outcome)))
    this.#relations.onEnd({ wasSent: outcome !== 'unsent', isKnown })
  }

  #sharedForm(token: FreshToken): SharedToken {
    const { grant, token: newest } = this.#sight
    const before = this.#request.purpose === 'app-token' ? (newest?.number ?? 0) : grant.number
    const lifetimeMs = Math.max(0, token.expiresAt - this.#world.now())
    return { ...token, number: this.#written?.number ?? token.number ?? before + 1, lifetimeMs }
  }

  #claimed(): Claimed {
    const { job } = this
    const { number } = this.#sight.grant
    return {
      world: this.#world,
      request: this.#request,
      job,
      number,
      slowJob: this.#relations.slowOne(),
    }
  }

  async #settle(changeOf: (sight: Sight) => SharedChange): Promise<boolean> {
    const settled = await settle(this.#world.state, this.#request, changeOf)
    if (settled.trouble !== undefined) this.#tell('not_shared', { reason: settled.trouble })
    return settled.isDone
  }

  #tell(event: FleetNews['event'], more: Pick<FleetNews, 'number' | 'reason'> = {}): void {
    const { number } = this.#sight.grant
    this.#world.onNews({ event, user: this.#request.user, job: this.job, number, ...more })
  }
}
