import { nearestKnown } from '../command-line/nearest-known.ts'
import { UsageError } from '../errors.ts'
import { version } from '../package/version.ts'
import { type CommandName, isCommand } from './command-table.ts'
import { runCompletion } from './commands/completion.ts'
import { runDoctor } from './commands/doctor.ts'
import { runGitCredential } from './commands/git-credential.ts'
import { runImport } from './commands/import.ts'
import { runInit } from './commands/init.ts'
import { runLogin } from './commands/login.ts'
import { runLogout } from './commands/logout.ts'
import { runRefresh } from './commands/refresh.ts'
import { runReload } from './commands/reload.ts'
import { runStatus } from './commands/status.ts'
import { runLoginTest } from './commands/test-login.ts'
import { commandHelp, helpText } from './help.ts'
import type { CommandLine } from './options.ts'

const programs: Record<CommandName, (line: CommandLine) => number | Promise<number>> = {
  login: runLogin,
  logout: runLogout,
  status: runStatus,
  doctor: runDoctor,
  refresh: runRefresh,
  reload: runReload,
  import: runImport,
  init: runInit,
  completion: runCompletion,
  'git-credential': runGitCredential,
}

/** Everything but fetching a token: the exit status of what was asked for. @throws CmsOauthError */
export async function manage(line: CommandLine): Promise<number> {
  const [name] = line.words
  if (line.options.help === true && (name === undefined || isCommand(name))) {
    process.stdout.write(name === undefined ? helpText() : commandHelp(name))
    return 0
  }
  if (line.options.version === true) {
    process.stdout.write(`cms-oauth ${version}\n`)
    return 0
  }
  if (name === undefined) return runLoginTest(line)
  if (isCommand(name)) return programs[name](line)
  if (name === 'export') {
    throw new UsageError(
      'there is no command "export", on purpose: a refresh token never leaves the broker',
      {
        hint: 'let the other program ask the token socket; on another machine sign in there, which changes nothing here',
      },
    )
  }
  const nearest = nearestTo(line.words)
  throw new UsageError(`there is no command "${name}"`, {
    hint: nearest === undefined ? 'see "cms-oauth --help"' : `did you mean "${nearest}"?`,
  })
}

function nearestTo([name = '', about = '']: string[]): string | undefined {
  if (name === 'help') return `cms-oauth ${about} --help`.replace('  ', ' ')
  if (name.includes('@')) return `--user=${name}`
  return nearestKnown(name, Object.keys(programs))
}
