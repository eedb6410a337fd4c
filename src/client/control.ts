import { controlSocketPath } from '../configuration/paths.ts'
import { UsageError } from '../errors.ts'
import { ControlClient } from './control-client.ts'
import type { CommandLine } from './options.ts'
import { readConfiguration } from './read-configuration.ts'
import { refuseStranger } from './whose-socket.ts'

/**
 * Connects to the control socket named by the command line, its configuration, or the environment.
 * @throws CmsOauthError for a configuration that cannot be read, and for a socket that may be a stranger's
 */
export async function connectControl({ options }: CommandLine): Promise<ControlClient> {
  const given = options['control-sock']
  if (given !== undefined) return connectTo(given, true)
  if (options.config === undefined) return connectTo(controlSocketPath(process.env))
  const { control } = await readConfiguration({ file: options.config, env: process.env })
  return connectTo(control.path)
}

/** The control socket of a path, unless it may be a stranger's. @throws NotPermittedError, UsageError */
export function connectTo(path: string, isNamed = isElsewhere(path)): ControlClient {
  refuseStranger(path, isNamed)
  return new ControlClient(path)
}

/** True for a path that somebody wrote down: the environment alone does not lead there. */
function isElsewhere(path: string): boolean {
  return path !== controlSocketPath({ ...process.env, CMS_OAUTH_CONTROL: '' })
}

/** What is said of a word after a command that is not one of those it knows; empty: there is none. */
export function notAmong(command: string, word: string): string {
  return word === ''
    ? `"${command}" needs a word that says what to do`
    : `"${command}" does not know "${word}"`
}

/** Refuses operands after a command, or after a command with an option. @throws UsageError */
export function refuseOperands({ words }: CommandLine, option?: string): void {
  const [command, ...operands] = words
  if (operands.length === 0) return
  const called = option === undefined ? `${command}` : `${command} ${option}`
  throw new UsageError(`"${called}" does not take an operand`, {
    hint: `just "cms-oauth ${called}"`,
  })
}

/** The single address after the command. @throws UsageError */
export function operandOf({ words }: CommandLine): string {
  const [command, user, ...more] = words
  if (user !== undefined && more.length === 0) return user
  throw new UsageError(
    user === undefined ? `"${command}" needs an address` : `"${command}" takes one address`,
    { hint: `like "cms-oauth ${command} user@domain.com"` },
  )
}
