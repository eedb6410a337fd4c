import { join } from 'node:path'
import type { SecretSource } from '../configuration/configuration.ts'
import { ConfigInvalidError } from '../errors.ts'
import { readPrivateFile } from '../files/private-file.ts'
import { runSecretCommand } from './secret-command.ts'

const commandLimitMs = 15_000

/** How a secret is spoken of. */
interface SecretName {
  /** Like `client secret`. */
  what: string
  /** The configuration's key without its ending, like `client_secret`. */
  key: string
}

/**
 * The whole text that a source gives now.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readSecretSource(source: SecretSource, name: SecretName): Promise<string> {
  switch (source.from) {
    case 'inline':
      return source.value
    case 'file':
      return readPrivateFile({ path: source.path, what: name.what, key: `${name.key}_file` })
    case 'command':
      return runCommand(source.argv, name)
    case 'credential':
      return readCredential(source.name, name)
  }
}

/** Where a secret comes from, as a message may say it. */
export function originOf(source: SecretSource): string {
  switch (source.from) {
    case 'inline':
      return 'the configuration'
    case 'file':
      return source.path
    case 'command':
      return source.argv[0] ?? ''
    case 'credential':
      return source.name
  }
}

async function readCredential(credential: string, { what, key }: SecretName): Promise<string> {
  const directory = process.env['CREDENTIALS_DIRECTORY']
  if (directory === undefined || directory === '') {
    throw new ConfigInvalidError(`there are no credentials: the ${what} cannot be read`, {
      hint: `start cms-oauthd under systemd with LoadCredential=${credential}:PATH, or set ${key}_file`,
    })
  }
  return readPrivateFile({ path: join(directory, credential), what, key: `${key}_credential` })
}

async function runCommand(argv: readonly string[], { what }: SecretName): Promise<string> {
  const outcome = await runSecretCommand(argv, commandLimitMs)
  if ('output' in outcome) return outcome.output.toString('utf8')
  throw new ConfigInvalidError(`the ${what} command "${argv[0]}" failed (${outcome.failure})`, {
    hint: 'run it by hand as the user of cms-oauthd; it must not ask for anything',
  })
}
