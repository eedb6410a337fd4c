import { type Option, writtenOption } from '../command-line/option-table.ts'
import { environmentVariables } from '../daemon/environment-variables.ts'
import { exitMeanings } from '../daemon/exit-status.ts'
import { daemonOptionTable } from '../daemon/options.ts'
import { version } from '../package/version.ts'
import {
  filesSection,
  items,
  limitsSection,
  noticesSection,
  tokensSection,
} from './daemon-sections.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

/** The source of cms-oauthd(8). */
export function daemonPage(): string {
  return renderPage({
    name: 'cms-oauthd',
    section: 8,
    version,
    purpose: 'keep OAuth access tokens for mail fresh, and serve them on UNIX sockets',
    sections: [
      { title: 'SYNOPSIS', blocks: [example('cms-oauthd [--config=FILE] [--check]')] },
      { title: 'DESCRIPTION', blocks: description() },
      {
        title: 'OPTIONS',
        blocks: Object.entries<Option>(daemonOptionTable).map(([name, option]) =>
          item(writtenOption(name, option), option.help),
        ),
      },
      {
        title: 'SIGNALS',
        blocks: [
          item('SIGHUP', 'reads the configuration again; a bad one changes nothing'),
          item('SIGTERM, SIGINT', 'stop it, after the refreshes that are under way'),
        ],
      },
      tokensSection,
      noticesSection,
      { title: 'EXIT STATUS', blocks: items(exitMeanings) },
      { title: 'ENVIRONMENT', blocks: environment() },
      filesSection,
      limitsSection,
    ],
    seeAlso: [
      'cms-oauth(1)',
      'cms-oauth.toml(5)',
      'cms-oauth-socket(7)',
      'cms-oauth-control(7)',
      'systemd.socket(5)',
    ],
  })
}

function description(): Block[] {
  return [
    text(
      'It signs in once per account, renews the access token long before it expires, and answers requests such as "SMTP user@domain.com" on sockets whose owner, group and mode say who may ask. A refusal is silence; the reason is in the log.',
    ),
    text(
      'A request is a line, or all that comes until the client closes its sending side: SMTP, IMAP or POP, then where wanted a comma and an output format, then a space and the address. cms-oauth-socket(7) is the whole protocol.',
    ),
    text(
      'It runs in the foreground and logs to standard error, as JSON, or for people where that is a terminal. Under systemd it is of Type=notify and takes sockets passed to it.',
    ),
  ]
}

function environment(): Block[] {
  return [
    ...items(environmentVariables),
    text(
      'Behind a company proxy set HTTPS_PROXY, and an authority of the company with NODE_EXTRA_CA_CERTS. An etcd that hosts share is reached directly in any case. Under systemd: Environment= in a drop-in. The daemon and the programs that it runs get these, language, time zone, the desktop and the session, and those of pass, GnuPG, 1Password, Bitwarden and Vault. All others are dropped, such as NODE_OPTIONS, which could expose tokens.',
    ),
  ]
}
