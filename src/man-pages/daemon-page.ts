import { daemonOptionTable } from '../daemon/options.ts'
import type { Notice } from '../daemon/notifier.ts'
import { type Option, writtenOption } from '../option-table.ts'
import { version } from '../version.ts'
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
          item('SIGTERM, SIGINT', 'end it, after the refreshes that are under way'),
        ],
      },
      {
        title: 'EXIT STATUS',
        blocks: [
          item('0', 'it was told to end'),
          item('64', 'bad usage'),
          item(
            '75',
            'another process holds the store or a socket, or the keyring with its key is locked',
          ),
          item('78', 'bad configuration, store or environment: a restart does not help'),
        ],
      },
      { title: 'ENVIRONMENT', blocks: environment() },
      { title: 'NOTICES', blocks: notices() },
      { title: 'FILES', blocks: files() },
    ],
    seeAlso: ['cms-oauth(1)', 'cms-oauth.toml(5)', 'systemd.socket(5)'],
  })
}

/** What each notice is about; a new one cannot be forgotten. */
const noticeMeanings: Record<Notice['event'], string> = {
  sign_in_required:
    'the account must sign in again; CMS_OAUTH_URL is a page on this machine that starts it, for a day',
  action_required:
    'mail access has stopped or is about to, and a sign-in does not help; without CMS_OAUTH_USER it is about the daemon as a whole',
  recovered: 'what one of these two was told of is over',
  sign_in_expiring: 'a sign-in expires within seven days',
  client_credential_expiring: 'a client secret or certificate expires within thirty days',
  token_file_expired: 'a token file has lost its token',
  token_file_failed: 'a token file cannot be written',
}

function description(): Block[] {
  return [
    text(
      'It signs in once per account, renews the access token long before it ends, and answers requests such as "SMTP user@domain.com" on sockets whose owner, group and mode say who may ask. A refusal is silence; the reason is in the log.',
    ),
    text(
      'A request is a line, or all that comes until the client closes its sending side: SMTP, IMAP or POP, then where wanted a comma and an output format, then a space and the address. See cms-oauth(1) for the formats.',
    ),
    text(
      'It runs in the foreground and logs to standard error, as JSON, or for people where that is a terminal. Under systemd it is of Type=notify and takes sockets passed to it.',
    ),
  ]
}

function notices(): Block[] {
  return [
    text(
      'The command of [notify] is run with one of these in CMS_OAUTH_EVENT. The first three are about mail access: each trouble is told once, again when its reason changes, and once a day while it lasts.',
    ),
    ...Object.entries(noticeMeanings).map(([event, meaning]) => item(event, meaning)),
  ]
}

function environment(): Block[] {
  return [
    item('CMS_OAUTH_CONFIG', 'the configuration, where --config names none'),
    item('XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR', 'where FILES are, see below'),
    item('STATE_DIRECTORY, CREDENTIALS_DIRECTORY', 'set by systemd: the store, and secrets'),
    item('LISTEN_FDS, LISTEN_FDNAMES', 'set by systemd: the sockets that it passes'),
    item('HTTPS_PROXY, NO_PROXY', 'the proxy to the providers, read as curl reads them'),
    item('NODE_EXTRA_CA_CERTS', 'a file of further authorities that providers are trusted by'),
    text(
      'The command of [notify] gets CMS_OAUTH_EVENT, CMS_OAUTH_USER, CMS_OAUTH_MESSAGE and CMS_OAUTH_URL.',
    ),
  ]
}

function files(): Block[] {
  return [
    item(
      '$XDG_CONFIG_HOME/cms-oauth/config.toml, /etc/cms-oauth/config.toml',
      'the configuration, see cms-oauth.toml(5)',
    ),
    item(
      '$XDG_CONFIG_HOME/cms-oauth/store.key',
      "the store's key, made at the first start; without it the store is worthless",
    ),
    item(
      '$STATE_DIRECTORY, else $XDG_STATE_HOME/cms-oauth',
      'one sealed record for each account; access tokens are never written',
    ),
    item(
      '$XDG_RUNTIME_DIR/cms-oauth, else /run/user/UID/cms-oauth, else /run/cms-oauth',
      'the token socket cms.sock and the control socket control.sock',
    ),
  ]
}
