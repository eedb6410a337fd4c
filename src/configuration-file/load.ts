import type { Stats } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { shellWord } from '../command-line/shell-word.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { configurationFiles, stateDirectory } from '../configuration/directories.ts'
import { controlSocketPath, outboxSocketPath, tokenSocketPath } from '../configuration/paths.ts'
import { ConfigInvalidError, InsecureFileModeError } from '../errors.ts'
import { excessOf } from '../files/file-rules.ts'
import { withServers } from './bridge-servers.ts'
import { inconsistencies } from './consistency.ts'
import { lookAlikeIn } from './look-alikes.ts'
import { withRoute } from './outbox-routes.ts'
import { withSenders } from './outbox-senders.ts'
import { problemsOf, refusal } from './problems.ts'
import { readFirst } from './read-first.ts'
import { withResources } from './resource-accounts.ts'
import { type FoldedText, foldRepetitions, unfold } from './repeated-accounts.ts'
import { type ConfigurationFile, fileSchema } from './schema.ts'
import { storeOf } from './store-configuration.ts'
import { address } from './values.ts'

/** Which configuration. */
export interface ConfigurationSource {
  /** The file that `--config` names; otherwise the first default that exists. */
  file?: string
  env: Record<string, string | undefined>
}

/**
 * Reads and checks the configuration.
 * @throws ConfigInvalidError whose message has a line for each problem, with file, line and key
 * @throws InsecureFileModeError if others could change the file, or read a secret in it
 */
export function loadConfiguration({ file, env }: ConfigurationSource): Configuration {
  const { path, text, stats } = readFirst(file === undefined ? configurationFiles(env) : [file])
  const configuration = complete(path, readFile(path, text, env), env)
  const problems = inconsistencies(configuration)
  if (problems.length > 0) throw refusal(path, text, problems)
  requireClosedSecrets(configuration, stats)
  return configuration
}

/** Repetitions are read quickly, unless something is wrong anywhere: then each line is named. */
function readFile(path: string, text: string, env: ConfigurationSource['env']): ConfigurationFile {
  const folded = foldRepetitions(text)
  return (
    (folded && tryFolded(folded, (shorter) => parseFile(path, shorter, env))) ??
    parseFile(path, text, env)
  )
}

function tryFolded(
  folded: FoldedText,
  parse: (text: string) => ConfigurationFile,
): ConfigurationFile | undefined {
  if (!folded.repetitions.every(({ user }) => address.safeParse(user).success)) return undefined
  try {
    const file = parse(folded.text)
    const account = unfold(file.account, folded)
    return account && { ...file, account }
  } catch (error) {
    if (error instanceof ConfigInvalidError) return undefined
    throw error
  }
}

function parseFile(path: string, text: string, env: ConfigurationSource['env']): ConfigurationFile {
  const schema = fileSchema({ tokenSocketPath: tokenSocketPath(env) })
  const parsed = schema.safeParse(parseToml(path, text), { reportInput: true })
  if (!parsed.success) throw refusal(path, text, problemsOf(parsed.error))
  return parsed.data
}

function parseToml(path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // The library's message continues with an excerpt of the file, which may contain a secret.
    const what = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '')
    const line = text.split('\n')[error.line - 1] ?? ''
    throw new ConfigInvalidError(`${path}:${error.line}: ${what}`, {
      hint:
        lookAlikeIn(line) ??
        'the file is TOML: strings are quoted, sections are [name] or [[name]]',
    })
  }
}

function complete(
  path: string,
  file: ConfigurationFile,
  env: ConfigurationSource['env'],
): Configuration {
  const { refresh, store, sign_in: signIn, notify, metrics, log } = file
  const { labels, textfile } = metrics
  return {
    file: path,
    ...servicesOf(file, env),
    refresh: { beforeExpiryMs: refresh.before_expiry, answerWithinMs: refresh.answer_within },
    store: storeOf(store, env),
    control: { path: file.control.path ?? controlSocketPath(env) },
    signIn: signIn.listen,
    metrics: { labels, ...(textfile === undefined ? {} : { textfile }) },
    log,
    ...(notify === undefined ? {} : { notify }),
  }
}

/** The accounts, and what uses them. */
function servicesOf(
  file: ConfigurationFile,
  env: ConfigurationSource['env'],
): Pick<Configuration, 'accounts' | 'sockets' | 'tokenFiles' | 'bridges' | 'outboxes'> {
  const { socket: sockets = [], token_file: tokenFiles } = file
  const written = withResources(file.account)
  const surroundings = {
    accounts: written,
    defaultPath: outboxSocketPath(env),
    stateDirectory: stateDirectory(env),
  }
  const { accounts, outboxes, bridges } = withSenders({
    accounts: written,
    sockets,
    tokenFiles,
    bridges: file.bridge.map((bridge) => withServers(bridge, written)),
    outboxes: file.outbox.map((outbox) => withRoute(outbox, surroundings)),
  })
  const all = sockets.length > 0 ? sockets : [defaultSocket(env)]
  return {
    accounts,
    sockets: withoutSenders(all, accounts, outboxes),
    tokenFiles,
    bridges,
    outboxes,
  }
}

function defaultSocket(env: ConfigurationSource['env']): Configuration['sockets'][number] {
  return { path: tokenSocketPath(env), protocols: ['SMTP'], mode: 0o600, reply: 'xoauth2-b64' }
}

/** A socket for all accounts leaves out those that only send: a token of theirs opens no mailbox. */
function withoutSenders(
  sockets: Configuration['sockets'],
  accounts: Configuration['accounts'],
  outboxes: Configuration['outboxes'],
): Configuration['sockets'] {
  const byApi = outboxes.filter(({ route, tokensOf }) => {
    return route.via !== 'smtp' && tokensOf === undefined
  })
  if (byApi.length === 0) return sockets
  const senders = new Set(byApi.map(({ account }) => account))
  const served = accounts.map(({ user }) => user).filter((user) => !senders.has(user))
  return sockets.map((socket) => ({ accounts: served, ...socket }))
}

/** A configuration with a secret in it is a secret itself. */
function requireClosedSecrets({ file, accounts }: Configuration, stats: Stats): void {
  const change = excessOf(stats, 'secretConfiguration')
  if (change === undefined) return
  if (!accounts.some(({ clientSecret }) => clientSecret?.from === 'inline')) return
  throw new InsecureFileModeError(`others may read the client_secret in "${file}"`, {
    hint: `run "chmod ${change} ${shellWord(file)}", or move the secret to client_secret_file`,
  })
}
