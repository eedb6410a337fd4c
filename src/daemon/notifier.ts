import { spawn } from 'node:child_process'
import type { Log } from '../logging/log.ts'
import { withoutSupervisor } from './systemd.ts'

/** What `[notify] command` may be run for. */
export interface Notice {
  event:
    | 'sign_in_required'
    | 'recovered'
    | 'sign_in_expiring'
    | 'client_credential_expiring'
    | 'token_file_expired'
    | 'token_file_failed'
  user: string
  message: string
}

interface NotifierOptions {
  log: Log
  /** The program and its arguments; empty: nobody is told. */
  command: () => readonly string[]
  /** The page of an account's open sign-in; undefined: none is open. */
  pageUrl: (user: string) => string | undefined
  /** After which a command is killed. */
  deadlineMs?: number
  /** Commands that may run at a time. */
  mostAtATime?: number
}

const defaultDeadlineMs = 30_000
/** An outage that ends many sign-ins at once must not start as many programs at once. */
const defaultMostAtATime = 4

/** Runs the configured command for each notice, a few at a time. */
export class Notifier {
  readonly #options: NotifierOptions
  /** By event and account: a newer notice takes the place of one that still waits. */
  readonly #waiting = new Map<string, Notice>()
  #running = 0

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  /**
   * Has the command run with the notice in CMS_OAUTH_* variables, and waits for nothing. A failure is
   * logged, and a command that hangs is killed.
   */
  notify(notice: Notice): void {
    this.#waiting.set(`${notice.event} ${notice.user}`, notice)
    this.#fill()
  }

  #fill(): void {
    const { mostAtATime = defaultMostAtATime } = this.#options
    for (const [key, notice] of this.#waiting) {
      if (this.#running === mostAtATime) return
      this.#waiting.delete(key)
      this.#running++
      void this.#run(notice)
    }
  }

  async #run(notice: Notice): Promise<void> {
    const { log, command, pageUrl, deadlineMs = defaultDeadlineMs } = this.#options
    const env = environmentOf(notice, pageUrl(notice.user))
    const reason = await runCommand(command(), env, deadlineMs)
    if (reason !== undefined) log.warn('notify.failed', { user: notice.user, reason })
    this.#running--
    this.#fill()
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
        resolve(code === 0 ? undefined : `"${program}" ended with ${signal ?? code}`)
      })
    } catch (error) {
      // Some failures of a start are thrown: no memory for a process, an argument with a NUL.
      resolve((error as Error).message)
    }
  })
}

function environmentOf(notice: Notice, url = ''): NodeJS.ProcessEnv {
  return {
    ...withoutSupervisor(process.env),
    CMS_OAUTH_EVENT: notice.event,
    CMS_OAUTH_USER: notice.user,
    CMS_OAUTH_MESSAGE: notice.message,
    CMS_OAUTH_URL: url,
  }
}
