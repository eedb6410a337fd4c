import { version } from '../package/version.ts'
import { exitMeanings } from '../sendmail/exit-status.ts'
import { optionMeanings, variableMeanings } from '../sendmail/option-meanings.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

/** The source of cms-oauth-sendmail(8). */
export function sendmailPage(): string {
  return renderPage({
    name: 'cms-oauth-sendmail',
    section: 8,
    version,
    purpose: 'hand mail of this machine to the outbox of cms-oauthd',
    sections: [
      {
        title: 'SYNOPSIS',
        blocks: [
          example('cms-oauth sendmail [OPTION]... [ADDRESS]... < MESSAGE'),
          example('cms-oauth sendmail --install DIR'),
        ],
      },
      { title: 'DESCRIPTION', blocks: description() },
      { title: 'OPTIONS', blocks: options() },
      { title: 'ALIASES AND HEADERS', blocks: headers() },
      { title: 'EXIT STATUS', blocks: items(exitMeanings) },
      { title: 'ENVIRONMENT', blocks: items(variableMeanings) },
      { title: 'FILES', blocks: files() },
      { title: 'EXAMPLES', blocks: examples() },
    ],
    seeAlso: [
      'cms-oauth(1)',
      'cms-oauth.toml(5)',
      'cms-oauth-outbox(7)',
      'aliases(5)',
      'cron(8)',
      'cms-oauthd(8)',
    ],
  })
}

function items(meanings: Record<string, string>): Block[] {
  return Object.entries(meanings).map(([term, meaning]) => item(term, meaning))
}

function description(): Block[] {
  return [
    text(
      'Takes a message as cron, sudo, mailx, git and PHP write it, and hands it to the outbox of an [[outbox]] in the configuration. The outbox stores it and sends it by its account, now or when the provider can be reached again. The caller sees no token, and needs no right but to open the socket.',
    ),
    text(
      'It exits with 0 when the message is on the disk, and says nothing. What the caller may do is decided by the outbox, from the uid that the kernel gives it.',
    ),
    text(
      'What --install writes also starts in a unit of systemd with MemoryDenyWriteExecute=, as Debian has them for logrotate, chrony and auditd, and under "ulimit -v" of 256 MiB, or 800 MiB with Node.js 24. Of the environment of its caller, variables that change Node.js or its libraries have no effect.',
    ),
    text(
      'An outbox that does not answer is waited for, for ten seconds. If it is still not there, the message is kept in a file that is named; the next call of the same user hands it over first, to the outbox that CMS_OUTBOX named then, and so does "cms-oauth outbox --take-unsent": where that outbox is not there any more, to the one that CMS_OUTBOX names now.',
    ),
  ]
}

function options(): Block[] {
  return [
    ...items(optionMeanings),
    text(
      'Letters may be joined, as in -ti. Options after addresses are options, up to "--". Each address is a list: "a@example.org,root" are two. The other options of sendmail are accepted with their values and ignored: no file that they name is opened or written. -bd, -bt, -bv and -bh are refused.',
    ),
  ]
}

function headers(): Block[] {
  return [
    text(
      'A name without a domain, or at a name of this machine, is looked up in aliases of the [[outbox]], then in /etc/aliases, where commands and files are skipped, then as "*". What aliases name may be written to; "recipients" adds addresses.',
    ),
    text(
      'To, Cc and From are written by the outbox: who is not a recipient is not in them, and From is the address of the account with the name of the program and of the true user. What was there is in X-Original-To, X-Original-Cc and X-Original-From.',
    ),
  ]
}

function files(): Block[] {
  return [
    item(
      '~/.local/state/cms-oauth/unsent',
      'messages that no outbox could be given; where $HOME is unset, another user’s or cannot be written, in the home of the user database',
    ),
    item(
      '/usr/lib/sendmail',
      'a link that --install makes with /usr/sbin/sendmail: some programs call it so',
    ),
    item('~/dead.letter', 'the same, where that directory cannot be made'),
  ]
}

function examples(): Block[] {
  return [
    text('Make it the sendmail of this machine, and try it:'),
    example('cms-oauth sendmail --install /usr/local/sbin', 'echo test | sendmail -v root'),
    text(
      'See what waits, and have it tried now. Where mailq does not write to a terminal, it ends with the totals that sendmail and Postfix print, for monitoring that counts them; run it there as root, since other users are shown what is theirs:',
    ),
    example('mailq', 'sendmail -q'),
  ]
}
