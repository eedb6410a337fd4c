/** The renewer's process: the only one that loads provider libraries and opens refresh tokens. */
import '../kernel/debugger-signal.ts'
import type { StoreConfiguration } from '../configuration/configuration.ts'
import { mayRotate } from '../child-process/may-rotate.ts'
import { ownFault } from '../child-process/own-fault.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import {
  type CmsOauthError,
  isCmsOauthError,
  ProviderUnavailableError,
  StoreUnreadableError,
} from '../errors.ts'
import type { FromRenewer, Job, ToRenewer } from '../messages/renewer-messages.ts'
import { errorToWire } from '../shapes/wire-error.ts'
import { toRenewerShape } from './job-shapes.ts'
import { defaultDeadlineMs } from './jobs/deadline.ts'
import { userOf } from './jobs/user-of.ts'
import { JobRunner } from './jobs/jobs.ts'
import { Providers } from './providers/providers.ts'
import { openStore } from './store/open-store.ts'

const daemon = new ParentChannel<FromRenewer, ToRenewer>({
  shape: toRenewerShape,
  onMessage: receive,
  onMalformed: refuse,
  onClose: end,
})
let runner: JobRunner | undefined
let issuer = ''
const ending = new AbortController()

function receive(message: ToRenewer): void {
  switch (message.type) {
    case 'configure':
      if (message.confinement !== undefined) daemon.confine(message.confinement)
      runner = createRunner(message)
      return
    case 'assign':
      issuer = message.issuer
      return
    case 'seen':
      return runner?.noteSeen(message.owner, message.stage)
    case 'job':
      return void runJob(message.id, message.job)
    case 'stop':
      return end()
  }
}

function createRunner(configured: Extract<ToRenewer, { type: 'configure' }>): JobRunner {
  const { store, runtimeDirectory } = configured
  const providers = new Providers()
  const common = {
    runtimeDirectory,
    deadlineMs: defaultDeadlineMs,
    onWaiting: (reason: string) => daemon.send({ type: 'waiting', reason }),
  }
  const open = (opened: StoreConfiguration) =>
    openStore(opened, {
      ...common,
      issuer: () => issuer,
      signal: ending.signal,
      isSuccessorDue: () => !daemon.isOpen,
      onUnsaved: (grants) => daemon.send({ type: 'unsaved', grants }),
      onDurable: (user) => daemon.send({ type: 'durable', user }),
      onNews: (news) => daemon.send({ type: 'fleet', news }),
    })
  const rekey = async (next: StoreConfiguration) => {
    const { rekeyStore } = await import('./store/rekey/rekey-store.ts')
    return rekeyStore(store, next, common)
  }
  return new JobRunner({
    isShared: store.kind === 'etcd',
    openStore: () => open(store),
    openOther: open,
    rekey,
    findProvider: (name) => providers.find(name),
    now: Date.now,
    onLate: (user, refreshed) => daemon.send({ type: 'late', user, refreshed }),
    onLost: (user, error) => daemon.send({ type: 'lost', user, error: errorToWire(error) }),
    onKept: (user) => daemon.send({ type: 'kept', user }),
    onDropped: (user, wasRevoked) => daemon.send({ type: 'dropped', user, wasRevoked }),
    onExchanges: (users) => daemon.send({ type: 'exchanges', users }),
  })
}

async function runJob(id: number, job: Job): Promise<void> {
  try {
    if (runner === undefined) throw new StoreUnreadableError('the renewer was not configured')
    const { kind, parameters } = job
    const result = await runner.run(kind, parameters, () => daemon.send({ type: 'patience', id }))
    daemon.send({ type: 'result', id, result })
  } catch (error) {
    fail(id, isCmsOauthError(error) ? error : stumbled(job, error))
  }
}

function fail(id: number, error: CmsOauthError): void {
  daemon.send({ type: 'failure', id, error: errorToWire(error) })
}

/** The failure of a job that met what nobody expected; the crash report tells the log more. */
function stumbled({ kind, parameters }: Job, error: unknown): ProviderUnavailableError {
  const user = userOf(parameters)
  daemon.reportCrash(error, user)
  const subject = user === undefined ? '' : ` for "${user}"`
  return failureOf(error, ` in "${kind}"${subject}`, mayRotate(kind))
}

function failureOf(error: unknown, where: string, isFateUnknown: boolean) {
  const { reason, hint, actor } = ownFault('renewer', error, where)
  return new ProviderUnavailableError(reason, { hint, actor, isFateUnknown })
}

/** Nobody waits for the answer to a job that was never understood. */
function refuse(message: unknown): void {
  const id = (message as { id?: unknown } | null | undefined)?.id
  if (typeof id === 'number') fail(id, failureOf(undefined, ' in reading a job', false))
}

/** Nobody waits for a lock any more; what a provider was asked for is sealed first. */
function end(): void {
  if (ending.signal.aborted) return
  ending.abort()
  const ended = runner?.close() ?? Promise.resolve()
  void ended.finally(() => process.exit(0))
}
