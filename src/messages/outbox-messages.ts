/**
 * What the daemon and the outbox say to each other. The outbox sees no token: it says what is due, the
 * daemon lets the sender deliver it, and tells how it went.
 */
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import type { LogFields } from '../logging/log.ts'
import type { ChildSignal } from './child-signals.ts'
import type { DeliveryOutcome } from './sender-messages.ts'

/** An [[outbox]], with the descriptors that it listens by. */
export interface ServedOutbox {
  configuration: OutboxConfiguration
  descriptors: number[]
}

/** What `status` and the metrics say of an outbox. */
export interface OutboxState {
  name: string
  waiting: number
  /** Those that are kept, and not tried any more. */
  abandoned: number
  /** When the oldest of them was accepted; absent if none waits. */
  oldestAt?: number
  /** Why the last delivery failed; absent once one succeeded. */
  lastReason?: string
}

/** Daemon to outbox. */
export type ToOutbox =
  | { type: 'configure'; outboxes: ServedOutbox[] }
  | { type: 'outcome'; outbox: string; id: string; outcome: DeliveryOutcome }
  /** A token was renewed, or the network is back: what waits for that is due. */
  | {
      type: 'retry'
      account: string
      /** The network is back: what failed meanwhile failed of that. */
      isWayOpen?: boolean
    }

/** The fields that a line of the outbox may have in the log. */
export type OutboxLogFields = Pick<
  LogFields,
  | 'user'
  | 'code'
  | 'message'
  | 'hint'
  | 'uid'
  | 'caller'
  | 'address'
  | 'pid'
  | 'path'
  | 'count'
  | 'reason'
  | 'durationMs'
>

/** Outbox to daemon. */
export type FromOutbox =
  | ChildSignal
  /** The next message of an account: the next one is named after its outcome. */
  | { type: 'due'; outbox: string; id: string }
  | { type: 'state'; outboxes: OutboxState[] }
  | {
      type: 'notice'
      event: 'outbox_stuck' | 'outbox_recovered' | 'message_given_up'
      outbox: string
      reason: string
    }
  | { type: 'log'; level: 'info' | 'warn'; event: string; fields: OutboxLogFields }
