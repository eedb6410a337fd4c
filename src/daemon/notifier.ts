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
  /** The page of an open sign-in; absent: none is open. */
  url?: string
}

const commandDeadlineMs = 30_000

/**
 * Runs the configured command with the notice in CMS_OAUTH_* variables. Waits for nothing; a
 * failure is logged, and a command that hangs is killed.
 */
export function notify(
  argv: readonly string[],
  notice: Notice,
  log: Log,
  deadlineMs = commandDeadlineMs,
): void {
  const [program, ...rest] = argv
  if (program === undefined) return
  const fail = (reason: string) => log.warn('notify.failed', { user: notice.user, reason })
  try {
    const child = spawn(program, rest, {
      stdio: 'ignore',
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
      env: environmentOf(notice),
    })
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => {
      if (code !== 0) fail(`"${program}" ended with ${signal ?? code}`)
    })
  } catch (error) {
    // Some failures of a start are thrown: no memory for a process, an argument with a NUL.
    fail((error as Error).message)
  }
}

function environmentOf(notice: Notice): NodeJS.ProcessEnv {
  return {
    ...withoutSupervisor(process.env),
    CMS_OAUTH_EVENT: notice.event,
    CMS_OAUTH_USER: notice.user,
    CMS_OAUTH_MESSAGE: notice.message,
    CMS_OAUTH_URL: notice.url ?? '',
  }
}
