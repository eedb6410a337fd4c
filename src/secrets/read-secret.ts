/**
 * The one reader of secrets, wherever the configuration says that they are: with one limit of their
 * size, one rule of what is trimmed, and one set of errors.
 */
import { join } from 'node:path'
import type { SecretSource } from '../configuration/configuration.ts'
import { type CmsOauthError, ConfigInvalidError } from '../errors.ts'
import type { FileKind } from '../files/file-rules.ts'
import { type ReadableFile, readFileInBackground } from '../files/read-file.ts'
import { type KeyringOptions, readKeyring } from './keyring.ts'
import { runSecretCommand } from './secret-command.ts'

/** What is read, and how it is spoken of. */
export interface WantedSecret {
  /** Like `client secret`. */
  what: string
  /** The configuration's key without its ending, like `client_secret`. */
  key: string
  /** What a file of it is; a secret if nothing is said. */
  kind?: FileKind
  /** What the error is where there is none to be had; of the configuration if nothing is said. */
  unreadable?: new (message: string, options: { hint: string; cause?: unknown }) => CmsOauthError
  env?: NodeJS.ProcessEnv
  commandLimitMs?: number
}

/** A source of any secret, or the keyring, which holds the store's key alone. */
type Source = SecretSource | { from: 'keyring'; options: KeyringOptions }

const defaultCommandLimitMs = 15_000

/**
 * The bytes that a source gives now, as they are.
 * @throws InsecureFileModeError, wanted.unreadable, and what readKeyring does
 */
export async function readSecret(source: Source, wanted: WantedSecret): Promise<Buffer> {
  switch (source.from) {
    case 'inline':
      return Buffer.from(source.value)
    case 'file':
    case 'credential':
      return (await readFileInBackground(secretFile(source, wanted))).bytes
    case 'command':
      return runCommand(source.argv, wanted)
    case 'keyring':
      return readKeyring(source.options)
  }
}

/** The text that a source gives now, such as a key in PEM or JSON. @throws as readSecret does */
export async function readSecretText(source: Source, wanted: WantedSecret): Promise<string> {
  return (await readSecret(source, wanted)).toString('utf8')
}

/**
 * The first line that a source gives, without white space around it: what programs like pass(1) print
 * below it is a note. What is in the configuration is taken as it is. @throws as readSecret does
 */
export async function readSecretLine(source: Source, wanted: WantedSecret): Promise<string> {
  const text = await readSecretText(source, wanted)
  if (source.from === 'inline') return text
  const line = text.split('\n', 1).join().trim()
  if (line !== '') return line
  const { what, unreadable = ConfigInvalidError } = wanted
  throw new unreadable(`the ${what} from ${originOf(source)} is empty`, {
    hint: 'its first line must be the secret',
  })
}

/**
 * The file of a source that is one.
 * @throws wanted.unreadable where it is a credential and nothing has given us any
 */
export function secretFile(
  source: Extract<SecretSource, { from: 'file' | 'credential' }>,
  { what, key, kind = 'secret', unreadable = ConfigInvalidError, env }: WantedSecret,
): ReadableFile {
  const hint = (ending: string) => `check ${key}_${ending} and the directories above it`
  if (source.from === 'file') {
    return { path: source.path, what, kind, unreadable, hint: hint('file') }
  }
  const directory = credentialsDirectory(env)
  if (directory === undefined) {
    throw new unreadable(`there are no credentials: the ${what} cannot be read`, {
      hint: `start cms-oauthd under systemd with LoadCredential=${source.name}:PATH, or set ${key}_file`,
    })
  }
  const path = join(directory, source.name)
  return { path, what, kind: 'credential', unreadable, hint: hint('credential') }
}

/** Where systemd has put the credentials of the service; undefined where there are none. */
export function credentialsDirectory(env = process.env): string | undefined {
  const directory = env['CREDENTIALS_DIRECTORY']
  return directory === '' ? undefined : directory
}

/** Where a secret comes from, as a message says it. */
export function originOf(source: Source): string {
  switch (source.from) {
    case 'inline':
      return 'the configuration'
    case 'file':
      return `the file "${source.path}"`
    case 'command':
      return `the command "${source.argv[0]}"`
    case 'credential':
      return `the credential "${source.name}"`
    case 'keyring':
      return 'the keyring'
  }
}

async function runCommand(argv: readonly string[], wanted: WantedSecret): Promise<Buffer> {
  const { what, unreadable = ConfigInvalidError, commandLimitMs = defaultCommandLimitMs } = wanted
  const outcome = await runSecretCommand(argv, commandLimitMs)
  if ('output' in outcome) return outcome.output
  throw new unreadable(`the ${what} command "${argv[0]}" failed: ${outcome.failure}`, {
    hint: 'run it by hand as the user of cms-oauthd; it must not ask for anything',
  })
}
