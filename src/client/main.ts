/**
 * The entry point of the client. A mail program waits while a token is fetched, so the rest of the
 * client is loaded only when it is needed.
 */
import { isCmsOauthError, UsageError } from '../errors.ts'
import { emptyCoreDump } from '../kernel/empty-core-dump.ts'
import { refuseForeignOptions } from './applicable-options.ts'
import { exitStatus } from './exit-status.ts'
import { runFetch } from './fetch-command.ts'
import { type CommandLine, loginTestOptions, parseCommandLine } from './options.ts'
import { watchOutput } from './standard-output.ts'
import { printError } from './terminal.ts'

async function main(argv: readonly string[]): Promise<void> {
  try {
    if (argv.length === 0) {
      throw new UsageError('nothing to do', {
        hint: 'usage: cms-oauth --user=ADDRESS prints a credential; "cms-oauth --help" shows the rest',
      })
    }
    const line = parseCommandLine(argv)
    refuseForeignOptions(line)
    if (isFetch(line)) return await runFetch(line)
    watchOutput()
    process.exitCode = await (await import('./manage.ts')).manage(line)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    printError(error)
    process.exitCode = exitStatus[error.code]
  }
}

function isFetch({ words, options }: CommandLine): boolean {
  const { help, version } = options
  const isTest = Object.values(loginTestOptions).some((name) => name in options)
  return words.length === 0 && !isTest && help !== true && version !== true
}

emptyCoreDump()
void main(process.argv.slice(2))
