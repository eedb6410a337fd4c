/** The renewer's process: the only one that loads provider libraries and opens refresh tokens. */
import '../kernel/debugger-signal.ts'
import { errorToWire, isCmsOauthError, StoreUnreadableError } from '../errors.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { findProvider } from '../providers/find-provider.ts'
import { openStore } from '../store/store.ts'
import { JobRunner } from './jobs.ts'
import type { FromRenewer, ToRenewer } from './messages.ts'

const heartbeatIntervalMs = 5_000

// A terminal's Ctrl-C and systemd's stop reach the whole group; the channel says when to end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
hardenProcess()

let runner: JobRunner | undefined

function send(message: FromRenewer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function configure(message: Extract<ToRenewer, { type: 'configure' }>): void {
  const { stateDirectory, key } = message
  runner = new JobRunner({
    openStore: () =>
      openStore({
        stateDirectory,
        key,
        onDurable: (user) => send({ type: 'durable', user }),
        onWaiting: (reason) => send({ type: 'waiting', reason }),
      }),
    findProvider,
    now: Date.now,
    onLate: (user, refreshed) => send({ type: 'late', user, refreshed }),
    onExchanges: (users) => send({ type: 'exchanges', users }),
  })
}

async function runJob(job: Extract<ToRenewer, { type: 'job' }>): Promise<void> {
  try {
    if (runner === undefined) throw new StoreUnreadableError('the renewer was not configured')
    const result = await runner.run(job.kind, job.parameters)
    send({ type: 'result', id: job.id, result })
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    send({ type: 'failure', id: job.id, error: errorToWire(error) })
  }
}

process.on('message', (message: ToRenewer) => {
  if (message.type === 'configure') configure(message)
  else void runJob(message)
})
process.on('disconnect', () => {
  clearInterval(heartbeat)
  void runner?.close().finally(() => process.exit(0))
})
const heartbeat = setInterval(() => send({ type: 'heartbeat' }), heartbeatIntervalMs)
