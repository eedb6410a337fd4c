/**
 * sendmail, mailq and newaliases: hands a message to an outbox, whatever calls it. Says nothing when that went
 * well; what the caller may do is judged by the outbox alone.
 */
import { basename } from 'node:path'
import { columnsOf, foldText } from '../command-line/fold-text.ts'
import { parseSendmailArguments, type SendmailCommand } from '../command-line/sendmail-arguments.ts'
import { isCmsOauthError } from '../errors.ts'
import { visible } from '../socket-client/what-came.ts'
import { exitStatus, internalError } from './exit-status.ts'
import { speaking } from './print.ts'
import { programNames } from './program-names.ts'
import { submit } from './submit.ts'
import { Stopped } from './until-stopped.ts'

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
    if (error instanceof Stopped) process.exit()
  }
}

async function run(program: string, argv: readonly string[]): Promise<void> {
  const [first, ...operands] = argv
  if (first === '--help' || first === '--version' || first === '--install') {
    return (await otherModes()).runMode(first, operands)
  }
  await obey(program, argv, parseSendmailArguments(program, argv))
}

async function obey(program: string, argv: readonly string[], command: SendmailCommand) {
  switch (command.mode) {
    case 'submit': {
      const id = await submit({ program, argv, ignoresDots: command.ignoresDots })
      if (command.isVerbose) speaking(process.stderr).write(`accepted as ${visible(id)}\n`)
      // Nothing is left to do: what Node tears down otherwise takes a hundredth of the time.
      return process.exit()
    }
    case 'list':
    case 'flush':
    case 'dialogue':
      return (await otherModes()).runMode(command.mode)
    case 'nothing':
      return
    case 'wrong':
      // Whoever writes the message must not be cut off: it would die of the broken pipe.
      await readAway()
      throw command.error
  }
}

function otherModes() {
  return import('./other-modes.ts')
}

async function readAway(): Promise<void> {
  if (process.stdin.isTTY) return
  for await (const _ of process.stdin) continue
}

function complain(program: string, error: unknown): void {
  if (!isCmsOauthError(error)) {
    process.exitCode = internalError
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    speaking(process.stderr).write(`${program}: a fault of this program: ${text}\n`)
    return
  }
  process.exitCode = exitStatus[error.code]
  tell(`${program}: ${visible(error.message)}`)
  if (error.hint !== '') tell(`${program}: hint: ${visible(error.hint)}`)
}

function tell(line: string): void {
  const stream = speaking(process.stderr)
  stream.write(`${foldText(line, columnsOf(stream))}\n`)
}

void main(process.argv)
