import { ConfigInvalidError, DaemonUnreachableError, isCmsOauthError } from '../errors.ts'
import { findOutbox, namedOutbox, outboxPaths } from './outbox-path.ts'

/** A daemon that restarts is back before. */
const patienceMs = 10_000
const pauseMs = 200

/**
 * What `ask` returns for the socket of the outbox. Where nobody answers, or not to the end, it is asked
 * again for 10 s.
 * @throws the last error; ConfigInvalidError where $CMS_OUTBOX names nothing
 */
export async function patiently<T>(
  ask: (socket: string) => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
  limitMs = patienceMs,
): Promise<T> {
  // As performance.now(), whose first use loads ten modules more.
  const until = process.uptime() * 1_000 + limitMs
  for (;;) {
    const socket = findOutbox(env)
    try {
      if (socket === undefined) throw nowhere(env)
      return await ask(socket)
    } catch (error) {
      if (!isPassing(error) || process.uptime() * 1_000 > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

function isPassing(error: unknown): boolean {
  return isCmsOauthError(error) && (error.code === 'daemon_unreachable' || isNowhere(error))
}

/** True where a named outbox does not exist: none has judged anything, and its daemon may start in a moment. */
export function isNowhere(error: unknown): boolean {
  return error instanceof Nowhere
}

class Nowhere extends ConfigInvalidError {}

function nowhere(env: NodeJS.ProcessEnv): Error {
  const named = namedOutbox(env)
  if (named !== undefined) {
    return new Nowhere(`there is no outbox "${named}", which CMS_OUTBOX names`, {
      hint: 'correct or unset CMS_OUTBOX, or start the daemon',
    })
  }
  return new DaemonUnreachableError(`there is no outbox: ${outboxPaths(env).join(', ')}`, {
    hint: 'add an [[outbox]] to the configuration and start the daemon, or name its socket by CMS_OUTBOX',
  })
}
