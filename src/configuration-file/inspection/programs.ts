import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../../configuration/configuration.ts'
import { failure, type Finding, warning } from '../../configuration/finding.ts'
import { shellWord } from '../../command-line/shell-word.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { accessFault } from '../../files/file-access.ts'

interface Program {
  /** The key that names it, like `[notify] command`. */
  key: string
  program: string
  user?: string
}

/**
 * Every program that the configuration has run: whether it is there, and whether somebody else could
 * replace what it does. None is run.
 */
export function programFindings(configuration: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  return programsOf(configuration).flatMap(({ user, ...named }) => {
    const finding = findingOf(named, env['PATH'] ?? '')
    if (finding === undefined) return []
    return [user === undefined ? finding : { ...finding, user }]
  })
}

function findingOf({ key, program }: Program, path: string): Finding | undefined {
  const located = locate(program, path)
  if ('fault' in located) {
    const { fault, hint = searchHint } = located
    const text = `${key} names the program "${program}", which ${fault}`
    return failure('program', 'config_invalid', text, hint)
  }
  const named = { path: located.path, what: 'program', kind: 'program' } as const
  const open = accessFault(named, statSync(located.path))
  return open && warning('program', `${key}: ${open.message}`, open.hint)
}

function programsOf({ accounts, notify, store }: Configuration): Program[] {
  const secrets = accounts.flatMap(({ user, clientSecret }): Program[] =>
    clientSecret?.from === 'command'
      ? [{ key: `client_secret_command of "${user}"`, program: clientSecret.argv[0] ?? '', user }]
      : [],
  )
  const ofStore = {
    key_command: store.key,
    ...(store.kind === 'etcd'
      ? { password_command: store.password, token_key_command: store.tokenKey }
      : {}),
  }
  const keys = Object.entries(ofStore).flatMap(([key, source]): Program[] =>
    source?.from === 'command' ? [{ key: `[store] ${key}`, program: source.argv[0] ?? '' }] : [],
  )
  const notified: Program[] =
    notify === undefined ? [] : [{ key: '[notify] command', program: notify.command[0] ?? '' }]
  return [...secrets, ...keys, ...notified]
}

type Located = { path: string } | { fault: string; hint?: string }

const searchHint =
  'install it, or correct its name; a service has a shorter PATH than a login: name it by its whole path'

/** As execvp(3) finds it: no shell is involved, which would expand `~` and variables. */
function locate(program: string, path: string): Located {
  if (program === '') return { fault: 'is empty' }
  if (program.startsWith('~')) return { fault: 'begins with "~", which only a shell understands' }
  if (program.includes('/')) return locatedAt(program)
  const places = path.split(':').map((directory) => locatedAt(join(directory || '.', program)))
  return (
    places.find((place) => 'path' in place) ??
    places.find((place) => 'fault' in place && place.fault !== missing) ?? {
      fault: `is not in PATH (${path})`,
    }
  )
}

const missing = 'is not there'

function locatedAt(path: string): Located {
  try {
    if (!statSync(path).isFile()) return { fault: 'is not a file' }
    accessSync(path, constants.X_OK)
    return { path }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return { fault: missing }
    if (code !== 'EACCES') return { fault: `cannot be checked: ${withErrnoWords(code)}` }
    return {
      fault: `may not be run by this user: ${withErrnoWords(code)}`,
      hint: `run "chmod a+x ${shellWord(path)}", and check the modes of the directories above it`,
    }
  }
}
