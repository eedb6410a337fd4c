import { DaemonUnreachableError } from '../errors.ts'

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const
/**
 * Signals are listened to only after this time, when nearly every answer has come: to listen takes a
 * fiftieth of the time in which this program starts.
 */
const patienceMs = 100
/** An answer that is on its way is better than a message that may be handed over twice. */
const lastMs = 1_000

/** What is done with the message is done at once, as whoever asked for the end does not wait. */
export class Stopped extends DaemonUnreachableError {}

/**
 * What the work gives, unless a signal asks this process to end meanwhile: a machine that shuts down, Ctrl-C, a
 * session that is closed. Whoever has written the whole message does not have it any more. From then on no such
 * signal ends the process.
 * @throws Stopped a second after the signal, or at the next one
 */
export function untilStopped<T>(work: () => Promise<T>): Promise<T> {
  return Promise.race([work(), stopped()])
}

function stopped(): Promise<never> {
  return new Promise((_, reject) => {
    let isAsked = false
    const take = (signal: NodeJS.Signals) => {
      const stop = () => reject(stoppedBy(signal))
      if (isAsked) return stop()
      isAsked = true
      setTimeout(stop, lastMs).unref()
    }
    const listen = () => {
      for (const signal of signals) process.on(signal, take)
    }
    setTimeout(listen, patienceMs).unref()
  })
}

function stoppedBy(signal: NodeJS.Signals): Stopped {
  return new Stopped(`${signal} came before the outbox answered`, {
    hint: 'the next sendmail of this user hands it over, or "cms-oauth outbox --take-unsent"',
  })
}
