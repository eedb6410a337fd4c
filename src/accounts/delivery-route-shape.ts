import type { DeliveryRoute } from '../configuration/outbox-configuration.ts'
import { type Shape, text, variants } from '../shapes/shape.ts'

/** The form of how an outbox sends, as the reader, the daemon and the sender hand it on. */
export const deliveryRouteShape: Shape<DeliveryRoute> = variants<DeliveryRoute, 'via'>('via', {
  'gmail-api': { origin: text },
  graph: { origin: text },
  smtp: { server: text },
})
