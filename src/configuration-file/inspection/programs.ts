import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../../configuration/configuration.ts'
import { failure, type Finding } from '../../configuration/finding.ts'

interface Program {
  /** The key that names it, like `[notify] command`. */
  key: string
  program: string
  user?: string
}

/** Every program that the configuration has run: whether it is there. None is run. */
export function programFindings(configuration: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  return programsOf(configuration).flatMap(({ key, program, user }) => {
    const fault = faultOf(program, env['PATH'] ?? '')
    if (fault === undefined) return []
    const text = `${key} names the program "${program}", which ${fault}`
    const hint =
      'install it, or correct its name; a service has a shorter PATH than a login: name it by its whole path'
    const finding = failure('program', 'config_invalid', text, hint)
    return [user === undefined ? finding : { ...finding, user }]
  })
}

function programsOf({ accounts, notify, store }: Configuration): Program[] {
  const secrets = accounts.flatMap(({ user, clientSecret }): Program[] =>
    clientSecret?.from === 'command'
      ? [{ key: `client_secret_command of "${user}"`, program: clientSecret.argv[0] ?? '', user }]
      : [],
  )
  const keys: Program[] =
    store.key.from === 'command'
      ? [{ key: '[store] key_command', program: store.key.argv[0] ?? '' }]
      : []
  const told: Program[] =
    notify === undefined ? [] : [{ key: '[notify] command', program: notify.command[0] ?? '' }]
  return [...secrets, ...keys, ...told]
}

/** As execvp(3) finds it; `~` and variables are for a shell, and none is in between. */
function faultOf(program: string, path: string): string | undefined {
  if (program === '') return 'is empty'
  if (program.startsWith('~')) return 'begins with "~", which only a shell understands'
  if (program.includes('/')) return fileFault(program)
  const faults = path.split(':').map((directory) => fileFault(join(directory || '.', program)))
  if (faults.includes(undefined)) return undefined
  return faults.find((fault) => fault !== missing) ?? `is not in PATH (${path})`
}

const missing = 'is not there'

function fileFault(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'is not a file'
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return missing
    return code === 'EACCES' ? 'may not be run by this user (EACCES)' : `cannot be checked: ${code}`
  }
}
