import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SecretSource } from '../config/configuration.ts'
import { ConfigInvalidError } from '../errors.ts'
import { readPrivateFile } from './private-file.ts'

const run = promisify(execFile)
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

async function runCommand(
  [program = '', ...rest]: readonly string[],
  { what }: SecretName,
): Promise<string> {
  try {
    const { stdout } = await run(program, rest, { timeout: commandLimitMs })
    return stdout
  } catch (error) {
    // The error holds what the program printed, which may be the secret: nothing of it is kept.
    const { code } = error as { code?: string | number }
    throw new ConfigInvalidError(`the ${what} command "${program}" failed (${code})`, {
      hint: 'run it by hand as the user of cms-oauthd; it must not ask for anything',
    })
  }
}
