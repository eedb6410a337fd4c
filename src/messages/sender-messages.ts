/**
 * What the daemon and the sender say to each other: one delivery at a time, with a token of about an hour.
 * The sender reads the entry from the spool, and removes it under the spool's lock before it reports.
 */
import type { DeliveryRoute } from '../configuration/outbox-configuration.ts'
import type { Actor } from '../errors.ts'
import type { ChildSignal } from './child-signals.ts'

/** One message of a spool, to its recipients. */
export interface Delivery {
  /** Names the delivery on the channel. */
  job: number
  /** The spool's folder: `sender.lock`, `new/ID`. */
  spool: string
  id: string
  route: DeliveryRoute
  /** The mailbox: the envelope's sender. */
  account: string
  /** The SASL identity. */
  user: string
  /** An application has the token, and nobody signs in. */
  isAppOnly: boolean
  accessToken: string
}

/** How a delivery went: who must act decides when it is tried again. */
export type DeliveryOutcome =
  /**
   * The provider has it, and the entry is gone; `refused` are recipients that it did not take: where there are any
   * the entry stays, with them alone, for whoever tells of it.
   */
  | { kind: 'delivered'; refused: RefusedRecipient[] }
  /** `nobody`: it is tried again; anybody else: hourly, and it does not expire of it. */
  | {
      kind: 'later'
      actor: Actor
      reason: string
      hint: string
      retryAfterMs?: number
      /** It failed on the way to the provider, or of the provider: nothing is said of the message. */
      isOfWay?: boolean
      /** It may be about this message alone: another one tells whether it is. */
      isOfMessage?: boolean
      /** The provider may have it all the same: each try may send it once more. */
      isUncertain?: boolean
      /** Others than those that are left in the entry. */
      refused?: RefusedRecipient[]
    }
  /** The token was not accepted: a new one first, once. */
  | { kind: 'token_refused'; actor: Actor; reason: string; hint: string }
  /** It can never be sent; `isOfContent`: for what it holds, or its size, and not for those whom it is for. */
  | { kind: 'refused'; reason: string; hint: string; isOfContent?: boolean }
  /** The entry was not there any more. */
  | { kind: 'gone' }

/** One that is tried again. */
export type LaterOutcome = Extract<DeliveryOutcome, { kind: 'later' }>

/** A recipient that the provider refused while it took the message for others. */
export interface RefusedRecipient {
  recipient: string
  reason: string
}

/** Daemon to sender. */
export type ToSender =
  | { type: 'deliver'; delivery: Delivery }
  /** Whether the provider answers at all; nothing is sent to it. */
  | { type: 'probe'; job: number; route: DeliveryRoute }

/** Sender to daemon. */
export type FromSender =
  | ChildSignal
  | { type: 'outcome'; job: number; outcome: DeliveryOutcome }
  | { type: 'probed'; job: number; isOpen: boolean }
