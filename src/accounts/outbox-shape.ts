import type { LocalListener } from '../configuration/local-listener.ts'
import type { OutboxConfiguration, SubmissionRules } from '../configuration/outbox-configuration.ts'
import {
  fields,
  listOf,
  mapOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
} from '../shapes/shape.ts'
import { accessShapes } from './access-shape.ts'
import { deliveryRouteShape } from './delivery-route-shape.ts'
import { listenerShapes } from './listener-shape.ts'

/** The form of an outbox, as the reader hands it over and the daemon on. */
export const outboxShape: Shape<OutboxConfiguration> = fields<OutboxConfiguration>({
  ...accessShapes,
  name: text,
  account: text,
  tokensOf: optional(text),
  route: deliveryRouteShape,
  path: text,
  listener: optional(fields<LocalListener>(listenerShapes)),
  spool: text,
  rules: fields<SubmissionRules>({
    from: text,
    fromAllowed: listOf(text),
    fromName: text,
    aliases: mapOf(listOf(text)),
    recipients: optional(listOf(text)),
    localDomains: listOf(text),
    maxSize: number,
    tooLarge: oneOf(['cut', 'refuse']),
    noticeTo: listOf(text),
    encoding: oneOf(['api', 'smtp']),
  }),
  perHour: number,
  digestAbove: number,
  keepTryingMs: number,
  retryMs: listOf(number),
  quota: fields<OutboxConfiguration['quota']>({ messages: number, bytes: number }),
})
