import type { StoreConfiguration } from '../configuration/configuration.ts'
import type { Account } from '../accounts/account.ts'
import type { Secret } from '../logging/secret.ts'
import type { DeviceAuthorization } from '../oauth/device-authorization.ts'
import type { PollLater } from '../oauth/device-poll.ts'

/** What may be known of a record without its renewal. */
export interface RecordSummary {
  user: string
  /** Epoch ms of the sign-in or import; 0 where the record is damaged: reading it says how. */
  signedInAt: number
  /** Epoch ms of the newest successful refresh. */
  refreshedAt: number
}

/** What may be known of a record that none of the accounts asked about has. */
export interface OtherRecord {
  user: string
  /** Epoch ms of the sign-in or import; 0 where the record is damaged. */
  signedInAt: number
  /** Who gave it; empty if the record is damaged. */
  issuer: string
}

/** What the store holds: for the accounts asked about, and for nobody of them. */
export interface StoredRecords {
  records: RecordSummary[]
  others: OtherRecord[]
}

/** A fresh access token: its renewal is sealed on disk unless `isDurable` says otherwise. */
export interface FreshToken {
  accessToken: string
  /** Of the access token, made here so that a daemon idles without node:crypto. */
  fingerprint: string
  /** Epoch ms. */
  expiresAt: number
  scopes: string[]
  /** Epoch ms; absent where nobody signs in. */
  signedInAt?: number
  /** False while the disk refuses the record; a `durable` message follows when it is saved. */
  isDurable: boolean
  /** The address the provider returned; absent where it returned none. */
  identity?: string
  /** Epoch ms at which the provider says the sign-in expires in any case; absent: not said. */
  renewalExpiresAt?: number
  /**
   * True where a newer sign-in, not confirmed yet, was presented before this older one, and nobody knows
   * whether the provider has rotated it: where it rotates strictly, that one is left alone for a while.
   */
  isNewerInDoubt?: boolean
  /** Where hosts share their tokens: counts the grants of the account since its sign-in. */
  number?: number
  /** Where hosts share their tokens: who gave it, as the account of that host names it. */
  issuer?: string
  /** Where hosts share their tokens: of the whole life of this one, in ms, by the same measure on all. */
  lifetimeMs?: number
}

/** Which grant of an account a token was got by, where hosts share the store. */
export interface GrantStage {
  /** Epoch ms of the sign-in: a later one counts its grants from the beginning. */
  signedInAt: number
  /** Counts the grants of the account since its sign-in. */
  number: number
}

/** The same of a token, which may be by no sign-in. */
export type TokenStage = Pick<GrantStage, 'number'> & Partial<GrantStage>

/** No token yet, and no failure: another host has the account. */
export interface RefreshLater {
  /** Epoch ms at which it is worth another try. */
  atMs: number
  /** `locked`: that host refreshes it; `ambiguous`: it may have, and nobody knows how that ended. */
  reason: 'locked' | 'ambiguous'
  /** That host. */
  host: string
}

/** A record that could not be carried to another store, and why. */
export interface UncopiedRecord {
  user: string
  message: string
  hint: string
}

/** A sign-in about to start (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
export interface AuthorizationRequest {
  redirectUri: string
  state: string
  nonce: string
  codeChallenge: string
}

/** Where to send the browser, and what to expect back. */
export interface AuthorizationStart {
  url: string
  /** The issuer identifier that an `iss` parameter must equal (RFC 9207); absent: not known. */
  issuer?: string
}

/** A code that came back (RFC 6749 section 4.1.3, RFC 7636 section 4.5). */
export interface CodeRedemption {
  redirectUri: string
  nonce: string
  code: Secret
  codeVerifier: Secret
}

/** What crosses the channel is plain data: its secrets are strings on the way. */
type Unsealed<T> = { [K in keyof T]: T[K] extends Secret ? string : T[K] }

/** A device code, and what a person does with it elsewhere (RFC 8628 section 3.2). */
export type DeviceVerification = Unsealed<DeviceAuthorization>

/** What a request that asks for nothing shows of the way to a provider. */
export interface Probe {
  host: string
  /** The proxy on the way, without its password; absent: there is none. */
  proxy?: string
  durationMs: number
  /** The provider's clock less ours, to the second; absent where the answer has no date. */
  clockAheadMs?: number
}

/** Each kind of job with what it is given and what it gives. */
export interface Jobs {
  /** Opens the store, proves key and disk, looks for the accounts' records; a daemon's first job. */
  'open-store': {
    parameters: {
      accounts: Pick<Account, 'user' | 'loginHint'>[]
      /** False: only their records are read; absent: all are. */
      areOthersWanted?: boolean
    }
    result: StoredRecords
  }
  /** Carries all sign-ins to another store, where they are newer than what is there. */
  'copy-store': {
    parameters: { to: StoreConfiguration }
    /** `kept`: of how many accounts the other store has the same, or a newer one. */
    result: { copied: number; kept: number; failed: UncopiedRecord[] }
  }
  /** Seals all records of the store with the keys of another configuration of it. */
  'rekey-store': {
    parameters: { to: StoreConfiguration }
    /** `kept`: how many were sealed with them already; `left`: a sentence for each that no key opens. */
    result: { sealed: number; kept: number; left: string[] }
  }
  'start-authorization': {
    parameters: { account: Account } & AuthorizationRequest
    result: AuthorizationStart
  }
  /** Redeems a code, compares the address, seals the grant. */
  'redeem-code': {
    parameters: { account: Account } & Unsealed<CodeRedemption>
    result: FreshToken
  }
  'start-device-authorization': { parameters: { account: Account }; result: DeviceVerification }
  /** Asks once whether the person is done; then compares the address, and seals the grant. */
  'poll-device-code': {
    parameters: { account: Account; deviceCode: string }
    result: FreshToken | { later: PollLater }
  }
  /**
   * `hasToken` while an older token serves: it can wait then for a disk that is full. `known` is the
   * token in memory: one that is newer is taken from the store in place of the provider.
   * `newest` is of all tokens in memory that are by the same sign-in: a store whose grant is an earlier one
   * was restored from a backup.
   */
  refresh: {
    parameters: { account: Account; hasToken?: boolean; known?: TokenStage; newest?: GrantStage }
    result: FreshToken | { later: RefreshLater }
  }
  /** Takes a foreign refresh token and stores it after one successful refresh. */
  import: { parameters: { account: Account; refreshToken: string }; result: FreshToken }
  /** Checks whether the provider can be reached; touches no record. */
  probe: { parameters: { account: Account }; result: Probe }
  /**
   * Removes the record; with `revoke` tells the provider first, which takes an account. Without one
   * `issuer` is who gave the record; `usedBy`, the other accounts that have their tokens by it.
   */
  forget: {
    parameters: {
      user: string
      account?: Account
      revoke: boolean
      issuer?: string
      usedBy?: string[]
    }
    result: { wasRevoked: boolean }
  }
}

export type JobKind = keyof Jobs
