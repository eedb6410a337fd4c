/** The daemon's program: the command line, and what the process says and exits with. */
import '../kernel/debugger-signal.ts'
import { signals } from './signals.ts'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { columnsOf, foldText } from '../command-line/fold-text.ts'
import { ConfigurationReader } from '../child-process/configuration-reader.ts'
import { type CmsOauthError, isCmsOauthError } from '../errors.ts'
import type { ProgramFiles } from '../package/program-files.ts'
import { version } from '../package/version.ts'
import { check } from './check.ts'
import { createProgramFiles } from './processes/create-program-files.ts'
import { requireSafeEnvironment } from './environment.ts'
import { exitStatusOf, exitTemporary } from './exit-status.ts'
import { daemonHelp, type DaemonOptions, parseDaemonOptions } from './options.ts'
import { startDaemon } from './start.ts'
import { childEnvironment } from '../child-process/environment.ts'

/** systemd starts a service again at once, and for as long as that fails: starts in a row would keep a processor busy. */
const pauseMs = 3_000

async function run(options: DaemonOptions): Promise<void> {
  if (options.action !== 'run') signals.release()
  const programFiles = createProgramFiles(process.env)
  const reader = createReader(programFiles)
  switch (options.action) {
    case 'help':
      process.stdout.write(daemonHelp(columnsOf(process.stdout)))
      return
    case 'version':
      process.stdout.write(`cms-oauthd ${version}\n`)
      return
    case 'help-config':
      process.stdout.write(await reader.describe(columnsOf(process.stdout)))
      return
    case 'check':
      requireSafeEnvironment(process.env, process.execArgv)
      return check(reader, options.configFile)
    case 'store-copy':
    case 'rekey': {
      requireSafeEnvironment(process.env, process.execArgv)
      const { copyStore, rekeyStore } = await import('./store-commands.ts')
      const load = (file: string) => reader.load(file)
      const renewerPath = programPath('cms-oauth-renewer')
      const command = options.action === 'rekey' ? rekeyStore : copyStore
      return command({ load, renewerPath }, options.files ?? ['', ''])
    }
    case 'run':
      requireSafeEnvironment(process.env, process.execArgv)
      await startDaemon({
        load: () => reader.load(options.configFile),
        inspect: async () => (await reader.inspect(options.configFile)).findings,
        renewerPath: programPath('cms-oauth-renewer'),
        bridgePath: programPath('cms-oauth-bridge'),
        outboxPath: programPath('cms-oauth-outbox'),
        senderPath: programPath('cms-oauth-sender'),
        followerPath: programPath('cms-oauth-follower'),
        programFiles,
      })
  }
}

function createReader(programFiles: ProgramFiles): ConfigurationReader {
  return new ConfigurationReader({
    modulePath: programPath('cms-oauth-configuration'),
    env: childEnvironment(process.env),
    programFiles,
  })
}

function programPath(name: string): string {
  return join(import.meta.dirname, `${name}.cjs`)
}

async function fail(error: CmsOauthError): Promise<never> {
  for (const line of error.message.split('\n')) {
    tell(`error: ${line}`)
  }
  if (error.hint !== '') tell(`hint: ${error.hint}`)
  const status = exitStatusOf(error.code)
  const { NOTIFY_SOCKET = '' } = process.env
  if (status === exitTemporary && NOTIFY_SOCKET !== '') await delay(pauseMs)
  process.exit(status)
}

function tell(text: string): void {
  process.stderr.write(`${foldText(`cms-oauthd: ${text}`, columnsOf(process.stderr))}\n`)
}

async function main(argv: string[]): Promise<void> {
  try {
    await run(parseDaemonOptions(argv))
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    // What a signal interrupted is not a failure.
    if (signals.isStopping) return
    await fail(error)
  }
}

void main(process.argv.slice(2))
