import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { ConfigInvalidError, InsecureFileModeError } from '../errors.ts'
import type { Configuration } from './configuration.ts'
import { requireConsistent } from './consistency.ts'
import { configurationFiles, defaultKeyFile, stateDirectory } from './directories.ts'
import { controlSocketPath, tokenSocketPath } from './paths.ts'
import { describeProblem, generalHint, type Problem, problemsOf } from './problems.ts'
import { type ConfigurationFile, fileSchema } from './schema.ts'

interface ConfigurationSource {
  /** As `--config` names it; otherwise the first that exists. */
  file?: string
  env: Record<string, string | undefined>
}

/**
 * Reads and checks the configuration.
 * @throws ConfigInvalidError whose message is one line for each problem, with file, line and key
 * @throws InsecureFileModeError where others could change the file, or read a secret in it
 */
export function loadConfiguration({ file, env }: ConfigurationSource): Configuration {
  const { path, text, stats } = readFirst(file === undefined ? configurationFiles(env) : [file])
  const document = parseToml(path, text)
  const parsed = fileSchema({ tokenSocketPath: tokenSocketPath(env) }).safeParse(document)
  if (!parsed.success) throw invalid(path, text, problemsOf(parsed.error))
  const configuration = complete(path, parsed.data, env)
  const problems = requireConsistent(configuration)
  if (problems.length > 0) throw invalid(path, text, problems)
  requireReadableByUsAlone(configuration, stats)
  return configuration
}

function readFirst(candidates: readonly string[]): { path: string; text: string; stats: Stats } {
  for (const path of candidates) {
    try {
      const fd = openSync(path, 'r')
      try {
        const stats = fstatSync(fd)
        requireUnchangeable(path, stats)
        return { path, text: readFileSync(fd, 'utf8'), stats }
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (error instanceof InsecureFileModeError) throw error
      if (code !== 'ENOENT') {
        throw new ConfigInvalidError(`the configuration "${path}" cannot be read: ${code}`, {
          hint: 'look at the file and at the directories above it',
          cause: error,
        })
      }
    }
  }
  throw new ConfigInvalidError(`there is no configuration: looked for ${quoted(candidates)}`, {
    hint: 'write one (the README shows a short one), or name it with --config',
  })
}

function parseToml(path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // The library's message goes on with an excerpt of the file, which may hold a secret.
    const what = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '')
    throw new ConfigInvalidError(`${path}:${error.line}: ${what}`, {
      hint: 'the file is TOML: strings are quoted, sections are [name] or [[name]]',
    })
  }
}

function complete(
  path: string,
  file: ConfigurationFile,
  env: ConfigurationSource['env'],
): Configuration {
  const { refresh, store, sign_in: signIn, notify, log } = file
  const sockets = file.socket ?? []
  return {
    file: path,
    accounts: file.account,
    sockets: sockets.length > 0 ? sockets : [defaultSocket(env)],
    refresh: { beforeExpiryMs: refresh.before_expiry, answerWithinMs: refresh.answer_within },
    store: { key: keySource(store, env), stateDirectory: stateDirectory(env) },
    control: { path: file.control.path ?? controlSocketPath(env) },
    signIn: signIn.listen,
    log,
    ...(notify === undefined ? {} : { notify }),
  }
}

function defaultSocket(env: ConfigurationSource['env']): Configuration['sockets'][number] {
  return { path: tokenSocketPath(env), protocols: ['SMTP'], mode: 0o600, reply: 'xoauth2-b64' }
}

function keySource(
  store: ConfigurationFile['store'],
  env: ConfigurationSource['env'],
): Configuration['store']['key'] {
  switch (store.key) {
    case 'file':
      return { from: 'file', path: store.key_file ?? defaultKeyFile(env) }
    case 'credential':
      return { from: 'credential', name: store.key_credential ?? 'store-key' }
    case 'command':
      return { from: 'command', argv: store.key_command ?? [] }
  }
}

function requireUnchangeable(path: string, { uid, mode }: Stats): void {
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw new InsecureFileModeError(`the configuration "${path}" belongs to the user ${uid}`, {
      hint: 'it must belong to root or to the user that cms-oauthd runs as',
    })
  }
  if ((mode & 0o022) === 0) return
  throw new InsecureFileModeError(`others may write the configuration "${path}"`, {
    hint: `run "chmod go-w ${path}"`,
  })
}

function requireReadableByUsAlone({ file, accounts }: Configuration, { mode }: Stats): void {
  if ((mode & 0o044) === 0) return
  if (!accounts.some(({ clientSecret }) => clientSecret?.from === 'inline')) return
  throw new InsecureFileModeError(`others may read the client_secret in "${file}"`, {
    hint: `run "chmod go= ${file}", or move the secret to client_secret_file`,
  })
}

function invalid(file: string, text: string, problems: readonly Problem[]): ConfigInvalidError {
  const lines = problems.map((problem) => describeProblem(file, text, problem))
  return new ConfigInvalidError(lines.join('\n'), { hint: problems[0]?.hint ?? generalHint })
}

function quoted(paths: readonly string[]): string {
  return paths.map((path) => `"${path}"`).join(' and ')
}
