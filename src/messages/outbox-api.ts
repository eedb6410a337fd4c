/** The JSON of an outbox socket: what `sendmail` hands over, and what people ask about it. */

/** First line of the body of POST /v1/messages; after its line feed the message follows, as it was read. */
export interface SubmissionHead {
  /** Chosen by the client, the same when it asks again: one that is stored or sent is answered with yes. */
  id: string
  /** The name that the program was called by. */
  program: string
  /** What stands after it. */
  arguments: string[]
  /** Bytes of the whole message; more than follow, if the client kept only so many. */
  size: number
  /** The socket that the caller named by $CMS_OUTBOX: what is handed over later goes to no other. */
  outbox?: string
}

/** Answer of POST /v1/messages: it is on the disk. */
export interface SubmissionAnswer {
  id: string
}

/**
 * Who sends by GET /v1/dialogue with `Upgrade: smtp`, as the bridge says that has let it in; it is believed
 * if it is of the daemon's user. Without it the caller is who the kernel says.
 */
export type ToldCaller =
  | { by: 'peer'; uid: number }
  /** Of the password. */
  | { by: 'password'; name: string }
  /** The address of the device. */
  | { by: 'network'; name: string }

/** Answer of DELETE /v1/messages/{id}. */
export interface RemovedAnswer {
  /** How many messages were in it, where it was a digest. */
  messages?: number
}

/** Answer of GET /v1/limits: what a client need not keep. */
export interface LimitsAnswer {
  max_size: number
  too_large: 'cut' | 'refuse'
}

/** What waits in an outbox, as the control socket says it. */
export interface OutboxStatus {
  name: string
  /** Who sends. */
  account: string
  /** Of its socket. */
  path: string
  waiting: number
  /** When the oldest of them was accepted; null if none waits. */
  oldest_at: string | null
  /** Why the last delivery failed; null once one succeeded. */
  last_reason: string | null
}

/** Answer of GET /v1/check, for root and the daemon's user: whether mail of this machine gets through. */
export interface OutboxCheck {
  name: string
  account: string
  /** Who may send, by their names. */
  users: string[]
  groups: string[]
  admits_root: boolean
  /** Where mail for root goes. */
  root: string[]
  /** Why mail for root is refused; null: it is not. */
  root_problem: OutboxProblem | null
  spool: SpoolCheck
  /** Users who may not send and tried to, since the outbox started; absent: it is of an older version. */
  refused?: RefusedCaller[]
}

/** Somebody whose messages were refused, as "allow" does not list them. */
export interface RefusedCaller {
  login: string
  /** How many messages. */
  count: number
  last_at: string
}

/** Something that keeps mail out, and the next step. */
export interface OutboxProblem {
  message: string
  hint: string
}

/** How full an outbox is. */
export interface SpoolCheck {
  path: string
  waiting: number
  failed: number
  /** Of all messages. */
  bytes: number
  /** Free for it on its disk. */
  free_bytes: number
  /** Why no message can be stored; null: one can. */
  problem: OutboxProblem | null
  /** The user who has the most of their quota, in parts of it; null: nothing is there. */
  fullest: { login: string; share: number } | null
}

/** Answer of GET /v1/messages: the caller's own; for root and the daemon's user those of everybody. */
export interface QueueAnswer {
  /** Of the outbox. */
  name: string
  account: string
  messages: QueuedMessage[]
  /** How many there are besides, newer ones: an answer is not longer than programs read. Absent: none. */
  omitted?: number
}

/** A message that waits or was abandoned. */
export interface QueuedMessage {
  id: string
  /** When it was accepted. */
  at: string
  uid: number
  login: string
  /** By what a caller of the listener is known, whose name `login` is then; absent: it is of `uid`. */
  by?: 'password' | 'network'
  recipients: string[]
  subject: string
  /** In bytes. */
  size: number
  /** How many messages it holds, which the outbox has put into this one; absent: it is not a digest. */
  messages?: number
  state: 'waiting' | 'failed'
  tries: number
  /** When it is tried next; absent for `failed`. */
  next_try_at?: string
  /** Why it is still here, in words; absent before the first try. */
  reason?: string
  /** What ends that; absent where nothing is known, or time does. */
  hint?: string
}
