/** The follower's process: it holds the watch on the tokens that hosts share, so that the daemon has no TLS. */
import '../kernel/debugger-signal.ts'
import './without-compilers.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import { giveBackMemory } from '../kernel/give-back-memory.ts'
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
/** So much of pages of tokens that have been told may wait to be collected. */
const garbageBytes = 64 * 1024 * 1024

function receive(message: ToFollower): void {
  if (message.type === 'follow') return follower?.follow(message.users)
  const { store } = message
  follower = new EngineFollower({
    open: () => openSession(store),
    send,
    onFault: (error) => daemon.reportCrash(error),
  })
}

function send(message: FromFollower): void {
  daemon.send(message)
  // What is left to do is to wait.
  if (message.type === 'listed') giveBackMemory(garbageBytes)
}
