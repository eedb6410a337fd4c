import type { CmsOauthError } from '../../errors.ts'
import type { FreshToken, RefreshLater, TokenStage } from '../../messages/renewer-jobs.ts'
import type { Lineage } from './record.ts'
import type { SharedKeys } from './shared-state.ts'

/** For what an account is claimed. */
export interface ClaimRequest extends SharedKeys {
  /**
   * `app-token`: nobody has signed in, and no refresh token can be lost; `device-poll`: a sign-in that
   * is asked for every few seconds, for which no lock is taken.
   */
  purpose: 'refresh' | 'app-token' | 'sign-in' | 'device-poll' | 'logout'
  /** The token in memory; absent: there is none. */
  known?: TokenStage
  /** The provider revokes a sign-in whose old refresh token comes again: one whose fate is unknown is left alone for long. */
  isStrict: boolean
  /** Who gives the tokens that are shared. */
  issuer?: string
  /** Aborts when nobody waits any more. */
  signal: AbortSignal
}

/**
 * How what was claimed ended without a token: nothing was sent, nobody knows, the provider refused, for
 * all hosts or for this one as it is configured, or another host was faster.
 */
export type ClaimOutcome =
  'unsent' | 'unknown' | 'superseded' | 'refused_here' | { refused: CmsOauthError }

/** The right to ask a provider about an account, and to tell other hosts what came. */
export interface Claim {
  /** The lineage of a grant that was got under it in this way; undefined where no other host could be in between. */
  lineage: (way: 'sign-in' | 'refresh') => Lineage | undefined
  /** Asked in the tick in which the request leaves: false, and nothing may leave. */
  maySend: () => boolean
  /** The error of a claim whose grant has become another's meanwhile: nothing was sent. */
  overtaken: () => CmsOauthError
  /** When another try is worth it: `maySend` said no, or another host was faster. */
  readonly later: RefreshLater | undefined
  /** True once a grant got under it was found to be overtaken by another host's. */
  readonly isSuperseded: boolean
  /**
   * Sets what is done once a grant that was got under this claim is found to be superseded, now or when
   * the engine can be asked again: no host keeps its refresh token then. To be called before the grant is
   * saved.
   */
  ifSuperseded: (act: () => Promise<unknown>) => void
  /** True where another host had it before, and nobody knows what it presented. */
  readonly isTakeover: boolean
  /**
   * A claim for a newer sign-in that was begun under this one and takes longer. It holds no lock, and no
   * other host presents that sign-in until it is over.
   */
  forSlowSignIn: () => Claim
  /** Gives the token to the other hosts, and the claim back; returns it as they know it. Never throws. */
  share: (token: FreshToken) => Promise<FreshToken>
  /** Gives the claim back. Never throws. */
  giveBack: (outcome: ClaimOutcome) => Promise<void>
}

/** What comes of the wish to claim an account. */
export type ClaimResult =
  /** Another host was faster. */
  | { kind: 'newer'; token: FreshToken }
  | { kind: 'later'; later: RefreshLater }
  | { kind: 'mine'; claim: Claim }

/** Where no other host shares the store. */
export const loneClaim: Claim = {
  lineage: () => undefined,
  maySend: () => true,
  overtaken: () => {
    throw new Error('nobody else can have been there')
  },
  later: undefined,
  isSuperseded: false,
  isTakeover: false,
  ifSuperseded: () => {},
  forSlowSignIn: () => loneClaim,
  share: (token) => Promise.resolve(token),
  giveBack: () => Promise.resolve(),
}
