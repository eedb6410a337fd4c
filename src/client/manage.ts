import { columnsOf } from '../command-line/fold-text.ts'
import { nearestKnown } from '../command-line/nearest-known.ts'
import { UsageError } from '../errors.ts'
import { type CommandName, isCommand } from './command-table.ts'
import { commandHelp, helpText } from './help.ts'
import type { CommandLine } from './options.ts'
import { hintForOtherWord } from './other-words.ts'

type Program = (line: CommandLine) => number | Promise<number>

/** Each loaded only when it is asked for: `status` needs no TLS, and `--version` none of them. */
const programs: Record<CommandName, () => Promise<Program>> = {
  login: async () => (await import('./commands/login.ts')).runLogin,
  logout: async () => (await import('./commands/logout.ts')).runLogout,
  status: async () => (await import('./commands/status.ts')).runStatus,
  doctor: async () => (await import('./commands/doctor.ts')).runDoctor,
  bridge: async () => (await import('./commands/bridge.ts')).runBridge,
  sendmail: async () => (await import('./commands/sendmail.ts')).runSendmail,
  outbox: async () => (await import('./commands/outbox.ts')).runOutbox,
  refresh: async () => (await import('./commands/refresh.ts')).runRefresh,
  reload: async () => (await import('./commands/reload.ts')).runReload,
  import: async () => (await import('./commands/import.ts')).runImport,
  init: async () => (await import('./commands/init.ts')).runInit,
  completion: async () => (await import('./commands/completion.ts')).runCompletion,
  'git-credential': async () => (await import('./commands/git-credential.ts')).runGitCredential,
}

/** Everything but fetching a token: the exit status of what was asked for. @throws CmsOauthError */
export async function manage(line: CommandLine): Promise<number> {
  const [name] = line.words
  if (line.options.help === true && (name === undefined || isCommand(name))) {
    const columns = columnsOf(process.stdout)
    process.stdout.write(name === undefined ? helpText(columns) : commandHelp(name, columns))
    return 0
  }
  if (line.options.version === true) {
    return (await import('./commands/version.ts')).runVersion(line.options.verbose === true)
  }
  if (name === undefined) return (await import('./commands/test-login.ts')).runLoginTest(line)
  if (isCommand(name)) return (await programs[name]())(line)
  if (name === 'export') {
    throw new UsageError(
      'there is no command "export", on purpose: a refresh token never leaves the broker',
      {
        hint: 'let the other program ask the token socket; on another machine sign in there, which changes nothing here',
      },
    )
  }
  throw new UsageError(`there is no command "${name}"`, { hint: hintFor(line.words) })
}

function hintFor(words: string[]): string {
  const [name = ''] = words
  const nearest = nearestTo(words)
  const meant = nearest === undefined ? 'see "cms-oauth --help"' : `did you mean "${nearest}"?`
  return hintForOtherWord(name) ?? meant
}

function nearestTo([name = '', about = '']: string[]): string | undefined {
  if (name === 'help') return `cms-oauth ${about} --help`.replace('  ', ' ')
  if (name.includes('@')) return `--user=${name}`
  return nearestKnown(name, Object.keys(programs))
}
