/** The programs that `init` knows: the example that each of them gets, and where that goes. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Protocol } from '../../sasl/output-format.ts'
import type { MailHosts } from './mail-services.ts'

interface Example {
  /** Below examples/. */
  example: string
  /** Where the filled-in file is copied to, or what it is added to. */
  goesTo: string
}

interface MailProgram extends Example {
  /** What the program needs besides. */
  more?: readonly Example[]
  protocols: readonly Protocol[]
  /** Blocks of the example that are for another service. */
  drops?: RegExp
  /** It asks on a socket of its own. */
  socket?: { lines: readonly string[] }
}

const eximSocket = '/home/XX/mail/.cms/exim/cms.sock'

/** By the names that the question offers. */
export const mailPrograms = {
  exim4: {
    example: 'exim4/authenticator',
    goesTo: 'the section "begin authenticators" of exim\'s configuration',
    more: [
      {
        example: 'exim4/debian-transport',
        goesTo: 'the end of the transport "remote_smtp_smarthost": without it exim loses mail',
      },
      { example: 'exim4/debian-retry', goesTo: 'the first line below "begin retry"' },
      { example: 'exim4/debian-macros', goesTo: '/etc/exim4/exim4.conf.localmacros' },
    ],
    protocols: ['SMTP'],
    socket: { lines: ['mode = "0660"', 'group = "Debian-exim"', 'reply = "xoauth2"'] },
  },
  msmtp: {
    example: 'msmtp/msmtprc',
    goesTo: '~/.msmtprc',
    protocols: ['SMTP'],
    drops: /^account gmail\n(?:.+\n)*\n/m,
  },
  emacs: { example: 'emacs/cms-oauth.el', goesTo: 'a directory of load-path', protocols: ['SMTP'] },
  mutt: { example: 'mutt/muttrc', goesTo: '~/.muttrc', protocols: ['SMTP', 'IMAP'] },
  neomutt: { example: 'neomutt/neomuttrc', goesTo: '~/.neomuttrc', protocols: ['SMTP', 'IMAP'] },
  mbsync: { example: 'mbsync/mbsyncrc', goesTo: '~/.mbsyncrc', protocols: ['IMAP'] },
  getmail6: {
    example: 'getmail6/getmailrc',
    goesTo: '~/.config/getmail/getmailrc',
    protocols: ['IMAP'],
  },
  's-nail': { example: 's-nail/mailrc', goesTo: '~/.mailrc', protocols: ['SMTP'] },
  git: { example: 'git/gitconfig-credential', goesTo: '~/.gitconfig', protocols: ['SMTP'] },
} as const satisfies Record<string, MailProgram>

export type MailProgramName = keyof typeof mailPrograms

interface Filling {
  user: string
  hosts: MailHosts
  /** Below it are the package's examples. */
  packageRoot: string
  /** In place of the one that the example names. */
  socketPath?: string
}

/** The examples of a program for an address, each with what its file is called. */
export function fillExamples(
  name: MailProgramName,
  filling: Filling,
): { fileName: string; text: string; goesTo: string }[] {
  const { more = [], ...first }: MailProgram = mailPrograms[name]
  return [first, ...more].map(({ example, goesTo }) => ({
    fileName: basename(example),
    text: fill(example, first.drops, filling),
    goesTo,
  }))
}

function fill(
  example: string,
  drops: RegExp | undefined,
  { user, hosts, packageRoot, socketPath }: Filling,
): string {
  const source = readFileSync(join(packageRoot, 'examples', example), 'utf8')
  return (drops === undefined ? source : source.replace(drops, ''))
    .replaceAll(/user@domain(\.com)?\b/g, () => user)
    .replaceAll(/user%40domain(\.com)?\b/g, () => encodeURIComponent(user))
    .replaceAll('smtp.office365.com', hosts.smtp)
    .replaceAll('outlook.office365.com', hosts.imap)
    .replaceAll(eximSocket, () => socketPath ?? eximSocket)
}
