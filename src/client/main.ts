/**
 * The entry point of the client. A mail program waits while a token is fetched, so the rest of the
 * client is loaded only when it is needed.
 */
import { isCmsOauthError, UsageError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { emptyCoreDump } from '../kernel/empty-core-dump.ts'
import { refuseForeignOptions } from './applicable-options.ts'
import { exitStatus, outputLost } from './exit-status.ts'
import { runFetch } from './fetch-command.ts'
import { type CommandLine, loginTestOptions, parseCommandLine } from './options.ts'
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
    if (isFetch(line)) await runFetch(line)
    else process.exitCode = await (await import('./manage.ts')).manage(line)
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
// A reader that closed our output needs no more of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  printError(
    new UsageError(`standard output cannot be written: ${withErrnoWords(error.code)}`, {
      hint: 'check where it goes: its file, and the disk of that file',
    }),
  )
  process.exitCode = outputLost
})
void main(process.argv.slice(2))
