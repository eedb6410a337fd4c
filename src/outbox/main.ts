/** The outbox's process: it takes mail from programs of this machine, and says what is due. */
import '../kernel/debugger-signal.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import type { FromOutbox, ToOutbox } from '../messages/outbox-messages.ts'
import { toOutboxShape } from './daemon-shape.ts'
import { OutboxProcess } from './outbox-process.ts'

process.title = 'cms-oauth-outbox'

const farewellMs = 5_000

const outbox = new OutboxProcess({
  send: (message) => daemon.sendSoon(message),
  onFault: (error) => daemon.reportCrash(error),
})
const daemon = new ParentChannel<FromOutbox, ToOutbox>({
  shape: toOutboxShape,
  onMessage: (message) => outbox.receive(message),
  onClose: leave,
})

/** Without the daemon nothing is sent; what is being handed over gets a moment. */
function leave(): void {
  setTimeout(() => process.exit(0), farewellMs)
  outbox.close(() => process.exit(0))
}
