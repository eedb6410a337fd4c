import { accessSync, constants } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { isSocketPath, socketPathLimitBytes } from '../configuration/socket-path.ts'
import {
  type CmsOauthError,
  DaemonUnreachableError,
  NotPermittedError,
  UsageError,
} from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { adviceElsewhere, type Places, tokenPlaces } from './elsewhere.ts'
import { exchange } from './exchange.ts'
import { notASocket } from './not-a-socket.ts'
import { abandon } from './read-to-end.ts'
import { whoMayOpen } from './who-may-open.ts'

const answerLimitBytes = 1024 * 1024

/**
 * Sends one request over a UNIX socket, half-closes it, and resolves with the whole answer, which
 * may be empty. Where too many wait to be accepted it waits too, as a blocking connect(2) does.
 * @param mayBlock whether this process has nothing else to do until the answer is there
 * @throws DaemonUnreachableError when nobody answers within `limitMs`
 * @throws NotPermittedError when the socket or a directory above it may not be opened
 * @throws UsageError when the path is not possible for a socket
 */
export async function askSocket(
  path: string,
  request: string,
  limitMs: number,
  mayBlock = false,
): Promise<Buffer> {
  if (!isSocketPath(path)) {
    throw new UsageError(`"${path}" is not a path for a socket`, {
      hint: `name it by a path of at most ${socketPathLimitBytes} bytes, without NUL`,
    })
  }
  // As performance.now(), whose first use loads ten modules more.
  const until = process.uptime() * 1_000 + limitMs
  const limit = (socket: Socket) => {
    const late = () => abandon(socket, 'ETIMEDOUT')
    const timer = setTimeout(late, until - process.uptime() * 1_000)
    socket.once('close', () => clearTimeout(timer))
  }
  const parts = [Buffer.from(request)]
  try {
    const { bytes, error } = await exchange({
      path,
      mayBlock,
      parts,
      isEnded: true,
      answerLimitBytes,
      patience: { limitMs },
      limit,
    })
    // What was cut off may be the beginning of a token.
    if (error !== undefined) throw error
    return bytes
  } catch (error) {
    throw await connectionError(path, error as Error)
  }
}

async function connectionError(path: string, error: NodeJS.ErrnoException): Promise<CmsOauthError> {
  const { code = error.message } = error
  if (code === 'EACCES' || code === 'EPERM') return notPermitted(path, error)
  const { message, hint } = explain(path, code)
  return new DaemonUnreachableError(message, { hint, cause: error })
}

function explain(path: string, code: string): { message: string; hint: string } {
  const other = notASocket(path)
  if (other !== undefined) {
    const hint = 'name a token socket with --cms_sock or CMS_SOCK'
    return { message: other, hint }
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return {
      message: `nobody answers on "${path}"`,
      hint: startTokenHint(path, tokenPlaces(process.env)),
    }
  }
  return {
    message: `no answer from "${path}": ${withErrnoWords(code)}`,
    hint:
      code === 'ETIMEDOUT' || code === 'EAGAIN'
        ? 'if "cms-oauth status" has no answer either, restart the daemon; otherwise this is not one of its token sockets'
        : 'check the log of cms-oauthd, and that this is one of its token sockets',
  }
}

/** What to do where no daemon has the token socket. */
export function startTokenHint(path: string, places: Places): string {
  const start =
    'start the daemon: "systemctl --user start cms-oauthd" or "cms-oauthd", or set up with "cms-oauth init"; name another path with --cms_sock'
  return adviceElsewhere(path, { places, variable: 'CMS_SOCK', option: '--cms_sock' }) ?? start
}

async function notPermitted(path: string, cause: unknown): Promise<CmsOauthError> {
  const directory = ancestors(path).find((directory) => !isSearchable(directory))
  return directory === undefined
    ? new NotPermittedError(`you may not open the socket "${path}"`, {
        hint:
          (await whoMayOpen(path)) ??
          'its owner, group and mode decide who may: see "mode" and "group" of [[socket]]',
        cause,
      })
    : new NotPermittedError(`you may not search the directory "${directory}" above "${path}"`, {
        hint: `give search permission on "${directory}", or configure a socket outside of it`,
        cause,
      })
}

/** From the top down. */
function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [parent] : [...ancestors(parent), parent]
}

function isSearchable(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK)
    return true
  } catch {
    return false
  }
}
