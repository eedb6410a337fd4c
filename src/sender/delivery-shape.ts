import { deliveryRouteShape } from '../accounts/delivery-route-shape.ts'
import type { Delivery, ToSender } from '../messages/sender-messages.ts'
import { fields, flag, number, type Shape, text, variants } from '../shapes/shape.ts'

/** The form of what the daemon says to a sender. */
export const toSenderShape: Shape<ToSender> = variants<ToSender, 'type'>('type', {
  deliver: {
    delivery: fields<Delivery>({
      job: number,
      spool: text,
      id: text,
      route: deliveryRouteShape,
      account: text,
      user: text,
      isAppOnly: flag,
      accessToken: text,
    }),
  },
  probe: { job: number, route: deliveryRouteShape },
})
