/** The renewer's process: the only one that loads provider libraries and opens refresh tokens. */
import '../kernel/debugger-signal.ts'
import { requireBuildOfParent } from '../package/build-id.ts'
import {
  errorToWire,
  isCmsOauthError,
  ProviderUnavailableError,
  StoreUnreadableError,
} from '../errors.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { findProvider } from './providers/find-provider.ts'
import { openStore } from './store/store.ts'
import { crashReportOf } from '../child-process/crash-report.ts'
import { JobRunner } from './jobs/jobs.ts'
import type { FromRenewer, ToRenewer } from '../messages/renewer-messages.ts'
import { mayRotate, userOf } from './jobs/job-kinds.ts'

type Job = Extract<ToRenewer, { type: 'job' }>

const heartbeatIntervalMs = 5_000

requireBuildOfParent(process.env)
// A terminal's Ctrl-C and systemd's stop reach the whole group; the channel says when to end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
hardenProcess()
// A library's stray error costs the job that waits for it at most, and no other.
process.on('uncaughtException', (error) => reportCrash(error))
process.on('unhandledRejection', (error) => reportCrash(error))

let runner: JobRunner | undefined
let issuer = ''
const ending = new AbortController()

function send(message: FromRenewer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function configure(message: Extract<ToRenewer, { type: 'configure' }>): void {
  const { stateDirectory, runtimeDirectory, key } = message
  runner = new JobRunner({
    openStore: () =>
      openStore({
        stateDirectory,
        runtimeDirectory,
        key,
        issuer: () => issuer,
        signal: ending.signal,
        isSuccessorDue: () => !process.connected,
        onUnsaved: (grants) => send({ type: 'unsaved', grants }),
        onDurable: (user) => send({ type: 'durable', user }),
        onWaiting: (reason) => send({ type: 'waiting', reason }),
      }),
    findProvider,
    now: Date.now,
    onLate: (user, refreshed) => send({ type: 'late', user, refreshed }),
    onLost: (user, error) => send({ type: 'lost', user, error: errorToWire(error) }),
    onKept: (user) => send({ type: 'kept', user }),
    onExchanges: (users) => send({ type: 'exchanges', users }),
  })
}

function reportCrash(error: unknown, user?: string): void {
  send({ type: 'crash', report: crashReportOf(error), ...(user === undefined ? {} : { user }) })
}

/** The failure of a job that met what nobody expected; the crash report tells the log more. */
function stumbled({ kind, parameters }: Job, error: unknown): ProviderUnavailableError {
  const user = userOf(parameters)
  reportCrash(error, user)
  const subject = user === undefined ? '' : ` for "${user}"`
  return new ProviderUnavailableError(
    `the renewer met an error of its own in "${kind}"${subject}`,
    {
      hint: 'this is a fault in cms-oauth: please report it with the line "renewer.exception_caught" of the log',
      actor: 'you',
      isFateUnknown: mayRotate(kind),
    },
  )
}

async function runJob(job: Job): Promise<void> {
  try {
    if (runner === undefined) throw new StoreUnreadableError('the renewer was not configured')
    const { id, kind, parameters } = job
    const result = await runner.run(kind, parameters, () => send({ type: 'patience', id }))
    send({ type: 'result', id, result })
  } catch (error) {
    const failure = isCmsOauthError(error) ? error : stumbled(job, error)
    send({ type: 'failure', id: job.id, error: errorToWire(failure) })
  }
}

/** Nobody waits for a lock any more; what a provider was asked for is sealed first. */
function end(): void {
  if (ending.signal.aborted) return
  ending.abort()
  const ended = runner?.close() ?? Promise.resolve()
  void ended.finally(() => process.exit(0))
}

process.on('message', (message: ToRenewer) => {
  switch (message.type) {
    case 'configure':
      return configure(message)
    case 'assign':
      issuer = message.issuer
      return
    case 'job':
      return void runJob(message)
    case 'stop':
      return end()
  }
})
process.on('disconnect', end)
const heartbeat = setInterval(() => send({ type: 'heartbeat' }), heartbeatIntervalMs)
heartbeat.unref()
