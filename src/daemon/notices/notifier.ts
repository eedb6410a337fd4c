import { spawn } from 'node:child_process'
import { passedEnvironment } from '../../child-process/environment.ts'
import type { Log } from '../../logging/log.ts'
import type { NoticeEvent, NoticeVariable } from './notice-events.ts'

/** What `[notify] command` may be run for. */
export interface Notice {
  event: NoticeEvent
  user: string
  message: string
}

interface NotifierOptions {
  log: Log
  /** The program and its arguments; empty: nobody is notified. */
  command: () => readonly string[]
  /** Opens a page for what the notice asks; undefined: it asks for none. Never rejects. */
  pageUrl: (notice: Notice) => Promise<string | undefined>
  /** After which a command is killed. */
  deadlineMs?: number
  /** Commands that may run at a time. */
  mostAtATime?: number
  /** How long after each failure the command is run again; one more is the last. */
  retriesMs?: readonly number[]
}

interface WaitingNotice extends Notice {
  /** Of the command that was run for it. */
  failures?: number
}

const defaultDeadlineMs = 30_000
/** An outage that ends many sign-ins at once must not start as many programs at once. */
const defaultMostAtATime = 4
/** A desktop may not be there yet, and a mail server be away for a while. */
const defaultRetriesMs = [60_000, 10 * 60_000]

/** Of those that say whether mail programs get tokens only the newest is true. */
function isOfAccess(event: Notice['event']): boolean {
  return event === 'sign_in_required' || event === 'action_required' || event === 'recovered'
}

function keyOf({ event, user }: Pick<Notice, 'event' | 'user'>): string {
  return `${isOfAccess(event) ? 'access' : event} ${user}`
}

/** Runs the configured command for each notice, a few at a time. */
export class Notifier {
  readonly #options: NotifierOptions
  /** By topic and account: a newer notice takes the place of one that still waits. */
  readonly #waiting = new Map<string, WaitingNotice>()
  /** Accounts with a trouble that a command has told of and that has not ended. */
  readonly #toldOf = new Set<string>()
  /** The same of commands that run: one at a time for each. */
  readonly #running = new Set<string>()
  /** The same of notices that failed and are tried again. */
  readonly #retries = new Map<string, NodeJS.Timeout>()

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  /**
   * Runs the command with the notice in CMS_OAUTH_* variables, and does not wait for it. A failure is
   * logged and tried again; a command that hangs is killed. False where there is no command.
   */
  notify(notice: Notice): boolean {
    if (this.#options.command().length === 0) return false
    const key = keyOf(notice)
    this.#cancelRetry(key)
    // The newest goes to the end, so that what is reported last is true.
    this.#waiting.delete(key)
    this.#waiting.set(key, notice)
    this.#fill()
    return true
  }

  /** What could not be reported of an account's access is not reported any more. */
  letRest(user: string): void {
    this.#cancelRetry(keyOf({ event: 'sign_in_required', user }))
  }

  #fill(): void {
    const { mostAtATime = defaultMostAtATime } = this.#options
    for (const [key, notice] of this.#waiting) {
      if (this.#running.size === mostAtATime) return
      if (this.#running.has(key)) continue
      this.#waiting.delete(key)
      // The end of a trouble that nobody heard of is not reported.
      if (notice.event === 'recovered' && !this.#toldOf.has(notice.user)) continue
      this.#running.add(key)
      void this.#run(key, notice)
    }
  }

  async #run(key: string, notice: WaitingNotice): Promise<void> {
    const { log, command, pageUrl, deadlineMs = defaultDeadlineMs } = this.#options
    const env = environmentOf(notice, await pageUrl(notice))
    const reason = await runCommand(command(), env, deadlineMs)
    this.#running.delete(key)
    if (reason === undefined) this.#noteTold(notice)
    else {
      log.warn('notify.failed', { user: notice.user, reason })
      this.#tellLater(key, notice)
    }
    this.#fill()
  }

  #noteTold({ event, user }: Notice): void {
    if (event === 'recovered') this.#toldOf.delete(user)
    else if (isOfAccess(event)) this.#toldOf.add(user)
  }

  #tellLater(key: string, { failures = 0, ...notice }: WaitingNotice): void {
    const { retriesMs = defaultRetriesMs } = this.#options
    const delayMs = retriesMs[failures]
    if (delayMs === undefined || this.#waiting.has(key)) return
    const retry = () => {
      this.#retries.delete(key)
      this.#waiting.set(key, { ...notice, failures: failures + 1 })
      this.#fill()
    }
    this.#retries.set(key, setTimeout(retry, delayMs).unref())
  }

  #cancelRetry(key: string): void {
    clearTimeout(this.#retries.get(key))
    this.#retries.delete(key)
  }
}

/** Resolves with why it failed, undefined where it did not. */
function runCommand(
  [program, ...rest]: readonly string[],
  env: NodeJS.ProcessEnv,
  deadlineMs: number,
): Promise<string | undefined> {
  if (program === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    try {
      const child = spawn(program, rest, {
        stdio: 'ignore',
        timeout: deadlineMs,
        killSignal: 'SIGKILL',
        env,
      })
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => {
        resolve(code === 0 ? undefined : `"${program}" exited with ${signal ?? code}`)
      })
    } catch (error) {
      // Some failures of a start are thrown: no memory for a process, an argument with a NUL.
      resolve((error as Error).message)
    }
  })
}

function environmentOf(notice: Notice, url = ''): NodeJS.ProcessEnv {
  const ours: Record<NoticeVariable, string> = {
    CMS_OAUTH_EVENT: notice.event,
    CMS_OAUTH_USER: notice.user,
    CMS_OAUTH_MESSAGE: notice.message,
    CMS_OAUTH_URL: url,
  }
  return { ...passedEnvironment(process.env), ...ours }
}
