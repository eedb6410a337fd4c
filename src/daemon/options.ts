import { parseArgs } from 'node:util'
import { UsageError } from '../errors.ts'

/** What the daemon's command line asks for. */
export interface DaemonOptions {
  configFile?: string
  action: 'run' | 'check' | 'help' | 'help-config' | 'version'
}

/** The text of `cms-oauthd --help`. */
export const daemonHelp = `Usage: cms-oauthd [--config FILE]

Keeps a fresh OAuth access token for every configured mail account and serves it on UNIX sockets.

Options:
  --config FILE    read this configuration; otherwise the first of $CMS_OAUTH_CONFIG,
                   $XDG_CONFIG_HOME/cms-oauth/config.toml and /etc/cms-oauth/config.toml
  --check          check the configuration and exit: 0 if it is good, 78 if not
  --help-config    print every key of the configuration with its meaning
  -h, --help       print this
  --version        print the version

Signals: SIGHUP reads the configuration again; SIGTERM and SIGINT end it after the refreshes
that are under way. Exit status: 0; 64 bad usage; 75 another daemon holds the store; 78 bad
configuration, store or environment.
`

/** @throws UsageError */
export function parseDaemonOptions(argv: string[]): DaemonOptions {
  const { values } = parse(argv)
  const options: DaemonOptions = { action: 'run' }
  if (values.config !== undefined) options.configFile = values.config
  if (values.check === true) options.action = 'check'
  if (values['help-config'] === true) options.action = 'help-config'
  if (values.version === true) options.action = 'version'
  if (values.help === true) options.action = 'help'
  return options
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        config: { type: 'string' },
        check: { type: 'boolean' },
        'help-config': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    })
  } catch (error) {
    const [message = ''] = (error as Error).message.split('. ')
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1), {
      hint: 'see "cms-oauthd --help"',
    })
  }
}
