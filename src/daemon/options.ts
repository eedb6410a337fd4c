import { foldText } from '../command-line/fold-text.ts'
import {
  describeOptions,
  describeRows,
  helpWidth,
  type Option,
} from '../command-line/option-table.ts'
import { parseOptions } from '../command-line/parse-options.ts'
import { UsageError } from '../errors.ts'
import { environmentVariables } from './environment-variables.ts'
import { exitMeanings } from './exit-status.ts'

/** What the daemon's command line asks for. */
export interface DaemonOptions {
  configFile?: string
  action: 'run' | 'check' | 'help' | 'help-config' | 'version' | 'store-copy' | 'rekey'
  /** Of `store-copy` and `rekey`: the configuration files of the old store and of the new one. */
  files?: [from: string, to: string]
}

/** Every option of the daemon, in the order of the help text. */
export const daemonOptionTable = {
  config: {
    type: 'string',
    value: 'FILE',
    help: 'read this configuration; otherwise the first of $CMS_OAUTH_CONFIG, $XDG_CONFIG_HOME/cms-oauth/config.toml and /etc/cms-oauth/config.toml',
  },
  check: {
    type: 'boolean',
    help: 'check the configuration, and whether the files, programs and groups that it names are there; exit: 0 if it is good, 78 if not',
  },
  'store-copy': {
    type: 'string',
    value: 'FROM TO',
    help: 'copy the sign-ins of the store of one configuration file to that of another, as from files to etcd or back, where they are newer; nothing is removed, and no cms-oauthd of this host may run',
  },
  rekey: {
    type: 'string',
    value: 'OLD NEW',
    help: 'seal the sign-ins of the store again with another key; the second configuration file is as the first but for the keys of [store], and no cms-oauthd may use the store: with etcd on no host. If it is interrupted, run it again',
  },
  'help-config': { type: 'boolean', help: 'print every key of the configuration' },
  help: { type: 'boolean', short: 'h', help: 'print this' },
  version: { type: 'boolean', help: 'print the version' },
} as const satisfies Record<string, Option>

/** The text of `cms-oauthd --help`. */
export function daemonHelp(columns = Infinity): string {
  const width = Math.min(columns, helpWidth)
  const text = `Usage: cms-oauthd [--config=FILE]

Keeps a fresh OAuth access token for every configured mail account and serves it on UNIX sockets.

Options:
${describeOptions(daemonOptionTable, width)}
Signals: SIGHUP reads the configuration again; SIGTERM and SIGINT stop it after the refreshes that
are under way.

Environment:
${describeRows(environmentVariables, width)}
Exit status:
${describeRows(exitMeanings, width)}`
  return foldText(text, columns)
}

/** What the arguments ask for; where they name several actions, the most harmless one. @throws UsageError */
export function parseDaemonOptions(argv: string[]): DaemonOptions {
  const { words, options: given } = parseOptions(argv, {
    table: daemonOptionTable,
    program: 'cms-oauthd',
  })
  const [word] = words
  for (const action of ['store-copy', 'rekey'] as const) {
    const first = given[action]
    if (first !== undefined) return storeOptions(action, first, words)
  }
  if (word !== undefined) {
    throw new UsageError(`"${word}" is not an option`, {
      hint: '"cms-oauthd" alone runs it; commands, like "login" and "status", are those of "cms-oauth"',
    })
  }
  const options: DaemonOptions = { action: 'run' }
  if (given.config !== undefined) options.configFile = given.config
  if (given.check === true) options.action = 'check'
  if (given['help-config'] === true) options.action = 'help-config'
  if (given.version === true) options.action = 'version'
  if (given.help === true) options.action = 'help'
  return options
}

const storeHints = {
  'store-copy':
    'write --store-copy FROM TO: the sign-ins are copied from the store of the first to that of the second',
  rekey:
    'write --rekey OLD NEW: the store of the first is sealed again with the keys that the second names',
}

/** @throws UsageError unless two files are named */
function storeOptions(
  action: keyof typeof storeHints,
  from: string,
  words: readonly string[],
): DaemonOptions {
  const [to, other] = words
  if (to !== undefined && other === undefined) return { action, files: [from, to] }
  throw new UsageError(`--${action} needs two configuration files`, { hint: storeHints[action] })
}
