/** The follower's process: it holds the watch on the tokens that hosts share, so that the daemon has no TLS. */
import '../kernel/debugger-signal.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import type { FromFollower, ToFollower } from '../messages/follower-messages.ts'
import { toFollowerShape } from './daemon-shape.ts'
import { EngineFollower } from './engine-follower.ts'
import { openSession } from './engine-session.ts'

process.title = 'cms-oauth-follower'

const daemon = new ParentChannel<FromFollower, ToFollower>({
  shape: toFollowerShape,
  onMessage: receive,
  onClose: () => {
    follower?.close()
    process.exit(0)
  },
})
let follower: EngineFollower | undefined

function receive(message: ToFollower): void {
  if (message.type === 'follow') return follower?.follow(message.users)
  const { store } = message
  follower = new EngineFollower({
    open: () => openSession(store),
    send: (told) => daemon.send(told),
    onFault: (error) => daemon.reportCrash(error),
  })
}
