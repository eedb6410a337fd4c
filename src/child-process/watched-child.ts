import type { Log } from '../logging/log.ts'
import type { ChildSignal } from '../messages/child-signals.ts'
import { Child, type ChildListener, type ChildProgram } from './child.ts'

/** What only one kind of child says. */
export type OwnMessage<Incoming> = Exclude<Incoming, ChildSignal>

interface WatchedChildOptions<Own> extends Pick<
  ChildListener<Own | ChildSignal>,
  'shape' | 'onEnd'
> {
  /** What its events in the log begin with. */
  name: string
  log: Log
  /** It is killed after so long without a heartbeat, if it could run. */
  heartbeatLimitMs: number
  onMessage: (message: Own) => void
}

/** Starts a child that is killed when it is stuck; the log is told of it, and of what it did not expect. */
export function startWatchedChild<Outgoing, Own extends { type: string }>(
  program: ChildProgram,
  { name, log, shape, heartbeatLimitMs, onMessage, onEnd }: WatchedChildOptions<Own>,
): Child<Outgoing, Own | ChildSignal> {
  const child = new Child<Outgoing, Own | ChildSignal>(program, {
    shape,
    onEnd,
    onMessage: (message) => {
      if (!isSignal(message)) return onMessage(message)
      if (message.type === 'crash') tellCrash(name, message, log)
    },
    onMalformed: (reason) => log.error(`${name}.malformed`, { reason }),
    heartbeat: {
      limitMs: heartbeatLimitMs,
      onSilence: (isStuck) => {
        if (!isStuck) return
        log.error(`${name}.killed`, { reason: 'no heartbeat' })
        child.kill()
      },
    },
  })
  const { pid } = child
  log.debug(`${name}.started`, pid === undefined ? {} : { pid })
  return child
}

function isSignal(message: { type: string }): message is ChildSignal {
  return message.type === 'heartbeat' || message.type === 'crash'
}

function tellCrash(name: string, { report }: Extract<ChildSignal, { type: 'crash' }>, log: Log) {
  const { kind, code, frames } = report
  const coded = code === undefined ? {} : { code }
  log.error(`${name}.exception_caught`, { reason: kind, stack: frames.join(' '), ...coded })
}
