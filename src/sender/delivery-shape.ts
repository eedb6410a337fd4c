import type { DeliveryRoute } from '../configuration/outbox-configuration.ts'
import type { Delivery, ToSender } from '../messages/sender-messages.ts'
import { fields, flag, number, type Shape, text, variants } from '../shapes/shape.ts'

const route = variants<DeliveryRoute, 'via'>('via', {
  'gmail-api': { origin: text },
  graph: { origin: text },
  smtp: { server: text },
})

/** The form of what the daemon says to a sender. */
export const toSenderShape: Shape<ToSender> = variants<ToSender, 'type'>('type', {
  deliver: {
    delivery: fields<Delivery>({
      job: number,
      spool: text,
      id: text,
      route,
      account: text,
      user: text,
      isAppOnly: flag,
      accessToken: text,
    }),
  },
  probe: { job: number, route },
})
