/** The sections of cms-oauthd(8) about tokens, notices, files and limits. */
import { socketPathLimitBytes } from '../configuration/socket-path.ts'
import { noticeEvents, noticeVariables } from '../daemon/notices/notice-events.ts'
import { connectionLimitMs } from '../daemon/socket/connection.ts'
import { requestLimitBytes } from '../daemon/socket/request.ts'
import { type Block, example, item, type Section, text } from './roff.ts'

/** How tokens are renewed. */
export const tokensSection: Section = {
  title: 'TOKENS',
  blocks: [
    text(
      'A token is renewed after 50 to 80 % of its life, and served until shortly before it expires (a tenth of its life before, 30 seconds at most), whether the provider answers or not. There is a renewer process for each provider, started when it is needed, so that one that hangs costs no account of another.',
    ),
    text(
      'An outage costs no sign-in: a sign-in counts as expired only when the provider refuses it twice, at least a minute apart.',
    ),
  ],
}

/** What `[notify] command` is run for. */
export const noticesSection: Section = {
  title: 'NOTICES',
  blocks: [
    text(
      'The command of [notify] is run when somebody should know, with these in its environment beside those of ENVIRONMENT:',
    ),
    ...items(noticeVariables),
    text('The events:'),
    ...items(noticeEvents),
    text('For example, on a desktop:'),
    example(
      '[notify]',
      `command = ["sh", "-c", 'notify-send cms-oauth "$CMS_OAUTH_MESSAGE $CMS_OAUTH_URL"']`,
    ),
    text(
      'action_required stands for everything else that makes requests fail: an expired client secret, a disabled account, a record or key that cannot be read, a locked keyring, a full disk, and an outage that outlasts the token in memory. What may be temporary is told when it has lasted for a minute. Each is told once, again when the reason changes, and once a day while it lasts. A reload changes nothing about that; after a restart of the daemon what still lasts is told once more. CMS_OAUTH_USER is empty where it is about the daemon as a whole: an update has replaced its program files, and it must be restarted before the tokens in memory expire.',
    ),
    text(
      'CMS_OAUTH_URL is a page of the daemon on 127.0.0.1, for a browser on this machine. To open it asks the provider for nothing: it says which mailbox it is about, and its link does the same as "cms-oauth login", by code for an account with grant = "device_code". It is there for a day, until the next reminder brings a new one, and gone as soon as the account works again, signs out or leaves the configuration. It has a port of its own, never that of [sign_in] listen.',
    ),
    text(
      'Each command is killed after 30 seconds. One that fails is run again after a minute and after ten more, unless the trouble is over, and notify.failed in the log says why. The commands of one account run one after the other; four run at a time, and of those that wait only the newest of each kind for an account.',
    ),
  ],
}

/** What is where. */
export const filesSection: Section = {
  title: 'FILES',
  blocks: [
    item(
      '$XDG_CONFIG_HOME/cms-oauth/config.toml, /etc/cms-oauth/config.toml',
      'the configuration, see cms-oauth.toml(5)',
    ),
    item(
      '$XDG_CONFIG_HOME/cms-oauth/store.key',
      "the store's key, mode 0600, made at the first start; with the system units /var/lib/cms-oauth-key/store.key. Without it the store is worthless: back up both or neither",
    ),
    item(
      '$STATE_DIRECTORY, else $XDG_STATE_HOME/cms-oauth',
      'the store: one sealed record for each account, and locks; access tokens are never written. What its disk refuses is in "store-*" in the directory of the control socket until the disk takes it: it is lost at a reboot',
    ),
    item(
      '$XDG_RUNTIME_DIR/cms-oauth, else /run/user/UID/cms-oauth, else /run/cms-oauth',
      'the token socket cms.sock and the control socket control.sock; with the system units /run/cms-oauth/cms.sock and /run/cms-oauthd/control.sock. A path where another process listens is refused with its pid (status 75)',
    ),
  ],
}

/** The figures. */
export const limitsSection: Section = {
  title: 'LIMITS',
  blocks: items({
    'the system': 'Linux, Node.js 20.19 or newer',
    'a request on a token socket': `${requestLimitBytes} bytes, ${connectionLimitMs / 1000} seconds`,
    'connections at a time':
      'the limit of descriptors less 64, at most 65,536 of them without a request; of those with one a uid never gets all',
    "a socket's path": `${socketPathLimitBytes} bytes`,
    'a token, for exim and msmtp': '3036 characters; "cms-oauth doctor" warns of a longer one',
    'an open sign-in': 'ten minutes; by device code as long as the provider says',
    'a refresh': 'answered after 20 seconds; at most eight at a time for a provider',
    'an exchange with a provider': 'five minutes after its request has left',
    'a try that a request causes': 'one in 10 seconds, none while the provider asks to wait',
  }),
}

/** Terms with their meanings. */
export function items(table: Record<string, string>): Block[] {
  return Object.entries(table).map(([term, meaning]) => item(term, meaning))
}
