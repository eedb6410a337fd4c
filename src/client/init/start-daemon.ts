import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runtimeDirectory } from '../../configuration/paths.ts'
import { DaemonUnreachableError, isCmsOauthError } from '../../errors.ts'
import { makeDirectoryOf } from '../../files/file-access.ts'
import type { ControlClient } from '../control-client.ts'

interface BackgroundDaemon {
  /** Its program. */
  program: string
  /** Absent: the one that it finds. */
  configFile: string | undefined
  control: ControlClient
  env: NodeJS.ProcessEnv
}

const startLimitMs = 30_000
const pauseMs = 100

/**
 * Starts cms-oauthd apart from this terminal; where its log is.
 * @throws DaemonUnreachableError with what it said, where it does not come up
 */
export async function startInBackground(options: BackgroundDaemon): Promise<string> {
  const { program, configFile, control, env } = options
  const directory = runtimeDirectory(env)
  const logFile = join(directory, 'cms-oauthd.log')
  makeDirectoryOf({ path: logFile, kind: 'logFile' })
  const log = openSync(logFile, 'a', 0o600)
  const before = readFileSync(logFile, 'utf8').length
  const child = spawn(program, configFile === undefined ? [] : ['--config', configFile], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: daemonEnvironment(env),
  })
  closeSync(log)
  let hasEnded = false
  child.once('exit', () => (hasEnded = true)).once('error', () => (hasEnded = true))
  const isUp = await isServing(control, () => hasEnded)
  child.unref()
  if (isUp) return logFile
  const printed = readFileSync(logFile, 'utf8').slice(before)
  const lines = printed.match(/^cms-oauthd: (?:error|hint): .*$/gm) ?? []
  throw new DaemonUnreachableError(['cms-oauthd did not start', ...lines].join('\n'), {
    hint: `its log is ${logFile}; "cms-oauthd --check" checks the configuration`,
  })
}

/** True once a daemon answers on its control socket; false if it exited, or takes too long. */
export async function isServing(
  control: ControlClient,
  hasEnded: () => boolean = () => false,
): Promise<boolean> {
  const limit = Date.now() + startLimitMs
  for (;;) {
    try {
      await control.accounts()
      return true
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      if (hasEnded() || Date.now() > limit) return false
    }
    await delay(pauseMs)
  }
}

/** This program's first line has moved the variable out of Node's way. */
function daemonEnvironment({
  CMS_OAUTH_EXTRA_CA: ca = '',
  ...env
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return ca === '' ? env : { ...env, NODE_EXTRA_CA_CERTS: ca }
}
