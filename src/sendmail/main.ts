/**
 * sendmail, mailq and newaliases: hands a message to an outbox, whatever calls it. Says nothing when that went
 * well; what the caller may do is judged by the outbox alone.
 */
import { basename } from 'node:path'
import { columnsOf, foldText } from '../command-line/fold-text.ts'
import { parseSendmailArguments, type SendmailCommand } from '../command-line/sendmail-arguments.ts'
import { isCmsOauthError, UsageError } from '../errors.ts'
import { version } from '../package/version.ts'
import { visible } from '../socket-client/what-came.ts'
import { exitStatus, internalError } from './exit-status.ts'
import { helpText } from './help.ts'
import { installWrappers, programNames } from './install.ts'
import { describeQueue, flushQueue } from './queue.ts'
import { speakSmtp } from './speak-smtp.ts'
import { submit } from './submit.ts'

const names: readonly string[] = programNames

async function main([, script = '', ...argv]: readonly string[]): Promise<void> {
  const called = basename(script)
  const isNamed = names.includes(called)
  const program = isNamed ? called : (argv[0] ?? 'sendmail')
  const rest = isNamed ? argv : argv.slice(1)
  try {
    await run(program, rest)
  } catch (error) {
    complain(program, error)
  }
}

async function run(program: string, argv: readonly string[]): Promise<void> {
  if (argv[0] === '--help') return print(helpText(columnsOf(process.stdout)))
  if (argv[0] === '--version') return print(`cms-oauth ${version}\n`)
  if (argv[0] === '--install') return install(argv.slice(1))
  await obey(program, argv, parseSendmailArguments(program, argv))
}

async function obey(program: string, argv: readonly string[], command: SendmailCommand) {
  switch (command.mode) {
    case 'submit': {
      const id = await submit({ program, argv, ignoresDots: command.ignoresDots })
      if (command.isVerbose) process.stderr.write(`accepted as ${visible(id)}\n`)
      return
    }
    case 'list':
      return print(await describeQueue(columnsOf(process.stdout)))
    case 'flush':
      return flushQueue()
    case 'nothing':
      return
    case 'dialogue':
      return speakSmtp()
    case 'wrong':
      // Whoever writes the message must not be cut off: it would die of the broken pipe.
      await readAway()
      throw command.error
  }
}

function install(argv: readonly string[]): void {
  const [directory, ...more] = argv
  if (directory === undefined || more.length > 0) {
    throw new UsageError('--install needs a directory', {
      hint: 'write "cms-oauth sendmail --install /usr/local/sbin"',
    })
  }
  print(
    installWrappers(directory)
      .map((path) => `${path}\n`)
      .join(''),
  )
}

async function readAway(): Promise<void> {
  if (process.stdin.isTTY) return
  for await (const _ of process.stdin) continue
}

function print(text: string): void {
  process.stdout.write(text)
}

function complain(program: string, error: unknown): void {
  if (!isCmsOauthError(error)) {
    process.exitCode = internalError
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`${program}: a fault of this program: ${text}\n`)
    return
  }
  process.exitCode = exitStatus[error.code]
  tell(`${program}: ${visible(error.message)}`)
  if (error.hint !== '') tell(`${program}: hint: ${visible(error.hint)}`)
}

function tell(line: string): void {
  process.stderr.write(`${foldText(line, columnsOf(process.stderr))}\n`)
}

// Whoever closed our output needs no more of it; the message counts.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
void main(process.argv)
