/** The sender's process: it delivers the messages of spools, with the token of each delivery. */
import '../kernel/debugger-signal.ts'
import { ownFault } from '../child-process/own-fault.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import { createMailTls } from '../mail/connection/verified-tls.ts'
import type { Delivery, FromSender, ToSender } from '../messages/sender-messages.ts'
import { deliver } from './deliver.ts'
import { toSenderShape } from './delivery-shape.ts'
import { probeWay } from './probe-way.ts'

process.title = 'cms-oauth-sender'

const ending = new AbortController()
const tls = createMailTls(undefined)
/** The deliveries of each spool, one after the other. */
const underWay = new Map<string, Promise<void>>()

const daemon = new ParentChannel<FromSender, ToSender>({
  shape: toSenderShape,
  onMessage: receive,
  onClose: end,
})

function receive(message: ToSender): void {
  if (message.type === 'deliver') return enqueue(message.delivery)
  const { job, route } = message
  probeWay(route, tls).then(
    (isOpen) => daemon.send({ type: 'probed', job, isOpen }),
    (error: unknown) => daemon.reportCrash(error),
  )
}

function enqueue(delivery: Delivery): void {
  const before = underWay.get(delivery.spool) ?? Promise.resolve()
  underWay.set(
    delivery.spool,
    before.then(() => run(delivery)),
  )
}

/** Without the daemon nothing is begun any more. */
async function run(delivery: Delivery): Promise<void> {
  if (ending.signal.aborted) return
  try {
    const outcome = await deliver(delivery, { tls, ending: ending.signal })
    daemon.send({ type: 'outcome', job: delivery.job, outcome })
  } catch (error) {
    if (ending.signal.aborted) return
    daemon.reportCrash(error)
    // The fault may be in reading the answer.
    const outcome = { kind: 'later', ...ownFault('sender', error), isUncertain: true } as const
    daemon.send({ type: 'outcome', job: delivery.job, outcome })
  }
}

/** What is on its way is finished, and removed from the spool, though nobody hears of it. */
function end(): void {
  ending.abort()
  void Promise.all(underWay.values()).finally(() => process.exit(0))
}
