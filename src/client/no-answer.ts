import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runtimeDirectory } from '../configuration/paths.ts'
import { type CmsOauthError, DaemonUnreachableError, NotPermittedError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { adviceElsewhere, type Places } from '../socket-client/elsewhere.ts'
import { notASocket } from '../socket-client/not-a-socket.ts'

const start = '"systemctl --user start cms-oauthd" or "cms-oauthd", or set up with "cms-oauth init"'
const restart =
  'restart the daemon: "systemctl --user restart cms-oauthd", or stop it and run "cms-oauthd"; its log says what it was doing'
const compare =
  'if this is its control socket, its log says why; name another one with --control-sock or CMS_OAUTH_CONTROL'

/** Why a daemon did not answer on its control socket, and what to do about it. */
export function noAnswer(path: string, error: NodeJS.ErrnoException): CmsOauthError {
  const { code = error.message } = error
  if (code === 'EACCES' || code === 'EPERM') return notPermitted(path, error)
  const other = notASocket(path)
  if (other !== undefined) {
    return new DaemonUnreachableError(other, {
      hint: 'name the control socket with --control-sock or CMS_OAUTH_CONTROL',
      cause: error,
    })
  }
  if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(code)) {
    const message = `nobody answers on the control socket "${path}"`
    return new DaemonUnreachableError(message, { hint: startHint(path), cause: error })
  }
  // The codes of Node's HTTP parser for what is not HTTP.
  if (code.startsWith('HPE_')) return notOurs(path, error)
  if (isUnanswered(error)) {
    const message = `the daemon does not answer on the control socket "${path}"`
    return new DaemonUnreachableError(message, { hint: restart, cause: error })
  }
  const message = `the daemon closed the connection on "${path}": ${withErrnoWords(code)}`
  return new DaemonUnreachableError(message, { hint: compare, cause: error })
}

/** @param places only root may look into the directory of the system units */
export function startHint(path: string, places = controlPlaces(process.env)): string {
  const { system } = places
  const names = { variable: 'CMS_OAUTH_CONTROL', option: '--control-sock' }
  const elsewhere = adviceElsewhere(path, { places, ...names })
  if (elsewhere !== undefined) return elsewhere
  return existsSync(dirname(system))
    ? `for the daemon of the machine set CMS_OAUTH_CONTROL=${system} as root; start one of your own by ${start}`
    : `start the daemon: ${start}; for a system service set CMS_OAUTH_CONTROL=${system}`
}

function controlPlaces(env: NodeJS.ProcessEnv): Places {
  return {
    own: join(runtimeDirectory(env), 'control.sock'),
    system: '/run/cms-oauthd/control.sock',
  }
}

/** Also where as many wait already as may. */
function isUnanswered({ name, code }: NodeJS.ErrnoException): boolean {
  return name === 'AbortError' || name === 'TimeoutError' || code === 'EAGAIN'
}

/** True for a daemon that is there and did not answer in time. */
export function isSilence({ cause }: CmsOauthError): boolean {
  return cause instanceof Error && isUnanswered(cause)
}

/** Another program answers on the socket. */
export function notOurs(path: string, cause?: unknown): CmsOauthError {
  return new DaemonUnreachableError(`"${path}" is not the control socket of cms-oauthd`, {
    hint: 'another program answers there, which "ss -lxp" lists: name the right one with --control-sock or CMS_OAUTH_CONTROL',
    cause,
  })
}

/** What answers is of another version, or another program after all. `fault` says of which field. */
export function unreadable(path: string, question: string, fault: string): CmsOauthError {
  const message = `the answer of "${path}" to "${question}" cannot be read: ${fault}`
  return new DaemonUnreachableError(message, {
    hint: 'the daemon may be of another version: restart it; if another program answers there, which "ss -lxp" lists, name the right socket with --control-sock',
  })
}

function notPermitted(path: string, cause: unknown): CmsOauthError {
  return new NotPermittedError(`you may not open the control socket "${path}"`, {
    hint: permissionHint(path),
    cause,
  })
}

/** Below /run/user each user has a directory of his own, whose name is his uid. */
export function permissionHint(path: string, uid = process.getuid?.() ?? 0): string {
  const owner = /^\/run\/user\/(\d{1,10})\//.exec(path.slice(0, 30))?.[1]
  return owner === undefined || owner === String(uid)
    ? `it is for the user that cms-oauthd runs as, and for root: "sudo cms-oauth --control-sock=${path} ..."`
    : 'unset XDG_RUNTIME_DIR, which is left from another user, as by su or sudo'
}
