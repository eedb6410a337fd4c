import {
  type CmsOauthError,
  ProviderUnavailableError,
  StoreLockedError,
  triedAgain,
} from '../../errors.ts'
import { afterRunning } from '../../schedule/running-time.ts'

/** Whoever waits for a job has an answer by then. */
export const defaultDeadlineMs = 20_000

/** How a job hears that it was answered in its place. */
export interface Answering {
  /** Aborts when the job has been answered without its result. */
  signal: AbortSignal
  /** Says that the store is waited for from now on, or no more; `engine` is one that hosts share. */
  waitForStore: <T>(opening: Promise<T>, engine?: string) => Promise<T>
  /** Says that the result is waited for however long it takes: at the deadline nothing aborts. */
  waitToTheEnd: () => void
}

/** For a job that takes the time it takes. */
export const unhurried: Answering = {
  signal: new AbortController().signal,
  waitForStore: (opening) => opening,
  waitToTheEnd: () => {},
}

interface AnswerOptions {
  /** Default: 20 s. */
  deadlineMs?: number | undefined
  /** Told at the deadline of a job that is waited for to its end. */
  onPatience?: (() => void) | undefined
}

/**
 * The result of a job about an account, or by the deadline the error of what it waits for. The job
 * itself goes on: it must begin nothing once the signal has aborted.
 * @throws ProviderUnavailableError, StoreLockedError where it took too long; what the job throws
 */
export async function answerInTime<T>(
  user: string,
  job: (answering: Answering) => Promise<T>,
  { deadlineMs = defaultDeadlineMs, onPatience }: AnswerOptions = {},
): Promise<T> {
  const controller = new AbortController()
  let isPatient = false
  let reasonOf: (user: string, deadlineMs: number) => CmsOauthError = providerIsLate
  const answering: Answering = {
    signal: controller.signal,
    waitForStore: async (opening, engine) => {
      reasonOf = engine === undefined ? storeIsBusy : engineIsSlow(engine)
      const store = await untilAborted(opening, controller.signal)
      reasonOf = providerIsLate
      return store
    },
    waitToTheEnd: () => {
      isPatient = true
    },
  }
  const stop = afterRunning(deadlineMs, () => {
    if (isPatient) onPatience?.()
    else controller.abort(reasonOf(user, deadlineMs))
  })
  try {
    return await untilAborted(job(answering), controller.signal)
  } finally {
    stop()
  }
}

/** The result, or at once the reason of an abort; what is under way goes on unheard. */
export function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    result
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', leave))
      .catch(() => {})
  })
}

function providerIsLate(user: string, deadlineMs: number): CmsOauthError {
  return new ProviderUnavailableError(
    `the provider of "${user}" did not answer within ${deadlineMs / 1_000} s`,
    {
      hint: `this is usually temporary; its answer is still waited for, and it ${triedAgain}`,
    },
  )
}

function storeIsBusy(user: string, deadlineMs: number): CmsOauthError {
  return new StoreLockedError(
    `an earlier process is still using the store of "${user}", for more than ${deadlineMs / 1_000} s`,
    {
      hint: `it finishes its request to a provider, which takes six minutes at most; this ${triedAgain}`,
    },
  )
}

function engineIsSlow(engine: string): (user: string, deadlineMs: number) => CmsOauthError {
  return (user, deadlineMs) =>
    new StoreLockedError(
      `the engine "${engine}" of the store of "${user}" did not answer within ${deadlineMs / 1_000} s`,
      { hint: `check the nodes of the engine; this ${triedAgain}` },
    )
}
