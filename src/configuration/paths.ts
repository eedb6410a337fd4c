/**
 * Where the sockets are by default: computed without the configuration, since the client must be
 * quick.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'

/** `$XDG_RUNTIME_DIR/cms-oauth`, else `/run/user/UID/cms-oauth` where that is ours, else `/run/cms-oauth`. */
export function runtimeDirectory(env: NodeJS.ProcessEnv, uid = process.getuid?.() ?? 0): string {
  const given = env['XDG_RUNTIME_DIR']
  if (given !== undefined && given !== '') return join(given, 'cms-oauth')
  const usual = `/run/user/${uid}`
  if (statSync(usual, { throwIfNoEntry: false })?.uid === uid) return join(usual, 'cms-oauth')
  return '/run/cms-oauth'
}

/** The token socket when no [[socket]] is configured, and `--cms_sock` when it is not given. */
export function tokenSocketPath(env: NodeJS.ProcessEnv): string {
  return join(runtimeDirectory(env), 'cms.sock')
}

/** The socket of an [[outbox]] without a path of its own. */
export function outboxSocketPath(env: NodeJS.ProcessEnv): string {
  return join(runtimeDirectory(env), 'outbox.sock')
}

/** The control socket, unless something else names it. */
export function controlSocketPath(env: NodeJS.ProcessEnv): string {
  const given = env['CMS_OAUTH_CONTROL']
  return given === undefined || given === '' ? join(runtimeDirectory(env), 'control.sock') : given
}
