import { join } from 'node:path'
import type { SecretSource } from '../configuration/configuration.ts'
import { ConfigInvalidError } from '../errors.ts'
import type { FileKind } from '../files/file-rules.ts'
import { readFileInBackground } from '../files/read-file.ts'
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
      return readSecretFile({
        path: source.path,
        what: name.what,
        key: `${name.key}_file`,
        kind: 'secret',
      })
    case 'command':
      return runCommand(source.argv, name)
    case 'credential':
      return readCredential(source.name, name)
  }
}

/** The text of a file that the configuration's `key` names. @throws as readSecretSource does */
export async function readSecretFile({
  path,
  what,
  key,
  kind,
}: SecretName & { path: string; kind: FileKind }): Promise<string> {
  const { bytes } = await readFileInBackground({
    path,
    what,
    kind,
    unreadable: ConfigInvalidError,
    hint: `check ${key} and the directories above it`,
  })
  return bytes.toString('utf8')
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
  return readSecretFile({
    path: join(directory, credential),
    what,
    key: `${key}_credential`,
    kind: 'credential',
  })
}

async function runCommand(argv: readonly string[], { what }: SecretName): Promise<string> {
  const outcome = await runSecretCommand(argv, commandLimitMs)
  if ('output' in outcome) return outcome.output.toString('utf8')
  throw new ConfigInvalidError(`the ${what} command "${argv[0]}" failed (${outcome.failure})`, {
    hint: 'run it by hand as the user of cms-oauthd; it must not ask for anything',
  })
}
