import type {
  OutboxCheck,
  OutboxProblem,
  OutboxStatus,
  QueueAnswer,
  QueuedMessage,
  RefusedCaller,
  RemovedAnswer,
  SpoolCheck,
} from '../messages/outbox-api.ts'
import {
  filledText,
  flag,
  instant,
  listOf,
  nullable,
  number,
  oneOf,
  openFields,
  optional,
  text,
} from '../shapes/shape.ts'

/** GET /v1/messages of an outbox. */
export const queueAnswer = openFields<QueueAnswer>({
  name: filledText,
  account: filledText,
  messages: listOf(
    openFields<QueuedMessage>({
      id: filledText,
      at: instant,
      uid: number,
      login: text,
      by: optional(oneOf(['password', 'network'])),
      recipients: listOf(filledText),
      subject: text,
      size: number,
      messages: optional(number),
      state: oneOf(['waiting', 'failed']),
      tries: number,
      next_try_at: optional(instant),
      reason: optional(text),
      hint: optional(text),
    }),
  ),
  omitted: optional(number),
})

/** DELETE of one of them. */
export const removedAnswer = openFields<RemovedAnswer>({ messages: optional(number) })

const problem = nullable(openFields<OutboxProblem>({ message: filledText, hint: text }))

/** GET /v1/check of an outbox. */
export const outboxCheck = openFields<OutboxCheck>({
  name: filledText,
  account: filledText,
  users: listOf(filledText),
  groups: listOf(filledText),
  admits_root: flag,
  root: listOf(filledText),
  root_problem: problem,
  spool: openFields<SpoolCheck>({
    path: filledText,
    waiting: number,
    failed: number,
    bytes: number,
    free_bytes: number,
    problem,
    fullest: nullable(openFields<{ login: string; share: number }>({ login: text, share: number })),
  }),
  refused: optional(
    listOf(openFields<RefusedCaller>({ login: text, count: number, last_at: instant })),
  ),
})

/** What GET /v1/accounts of the control socket says of an outbox. */
export const outboxStatus = openFields<OutboxStatus>({
  name: filledText,
  account: filledText,
  path: filledText,
  waiting: number,
  oldest_at: nullable(instant),
  last_reason: nullable(text),
})
