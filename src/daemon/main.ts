/** The daemon's program: the command line, and what the process says and exits with. */
import '../kernel/debugger-signal.ts'
import { loadConfiguration } from '../config/load.ts'
import { describeConfiguration } from '../config/describe.ts'
import { type CmsOauthError, type ErrorCode, isCmsOauthError } from '../errors.ts'
import { version } from '../version.ts'
import { requireSafeEnvironment } from './environment.ts'
import { daemonHelp, type DaemonOptions, parseDaemonOptions } from './options.ts'
import { startDaemon } from './start.ts'

/** sysexits(3): EX_CONFIG stands for all that a restart does not mend, EX_TEMPFAIL for the rest. */
const exitConfig = 78
const exitStatus: Partial<Record<ErrorCode, number>> = {
  usage: 64,
  store_locked: 75,
  provider_unavailable: 75,
  daemon_unreachable: 75,
}

async function run(options: DaemonOptions): Promise<void> {
  switch (options.action) {
    case 'help':
      process.stdout.write(daemonHelp())
      return
    case 'version':
      process.stdout.write(`cms-oauthd ${version}\n`)
      return
    case 'help-config':
      process.stdout.write(describeConfiguration())
      return
    case 'check': {
      const { file } = loadConfiguration(source(options))
      process.stdout.write(`${file}: ok\n`)
      return
    }
    case 'run':
      requireSafeEnvironment(process.env, process.execArgv)
      await startDaemon(() => loadConfiguration(source(options)))
  }
}

function source({ configFile }: DaemonOptions) {
  return { env: process.env, ...(configFile === undefined ? {} : { file: configFile }) }
}

function fail(error: CmsOauthError): never {
  for (const line of error.message.split('\n')) {
    process.stderr.write(`cms-oauthd: error: ${line}\n`)
  }
  if (error.hint !== '') process.stderr.write(`cms-oauthd: hint: ${error.hint}\n`)
  process.exit(exitStatus[error.code] ?? exitConfig)
}

async function main(argv: string[]): Promise<void> {
  try {
    await run(parseDaemonOptions(argv))
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    fail(error)
  }
}

void main(process.argv.slice(2))
