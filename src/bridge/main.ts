/** The bridge's process: what mail programs talk to that know only passwords. */
import '../kernel/debugger-signal.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import { takeFreshMemory } from '../kernel/take-fresh-memory.ts'
import type { FromBridge, ToBridge } from '../messages/bridge-messages.ts'
import { BridgeProcess } from './bridge-process.ts'
import { toBridgeShape } from './daemon-shape.ts'

process.title = 'cms-oauth-bridge'
takeFreshMemory()

const farewellMs = 3_000

const bridge = new BridgeProcess({
  send: (message) => daemon.send(message),
  sendSoon: (message) => daemon.sendSoon(message),
})
const daemon = new ParentChannel<FromBridge, ToBridge>({
  shape: toBridgeShape,
  onMessage: (message) => bridge.receive(message),
  onClose: leave,
})

/** Without the daemon there are no tokens; what is on its way gets a moment to arrive. */
function leave(): void {
  setTimeout(() => process.exit(0), farewellMs)
  bridge.retire(() => process.exit(0))
}
