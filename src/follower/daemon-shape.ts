import { etcdStoreShape } from '../accounts/store-shape.ts'
import type { ToFollower } from '../messages/follower-messages.ts'
import { listOf, type Shape, text, variants } from '../shapes/shape.ts'

/** The form of what the daemon says to a follower. */
export const toFollowerShape: Shape<ToFollower> = variants<ToFollower, 'type'>('type', {
  configure: { store: etcdStoreShape },
  follow: { users: listOf(text) },
})
