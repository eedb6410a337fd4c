/** The programs that `init` knows: the examples that each of them gets, and where those go. */
import type { Protocol } from '../../sasl/output-format.ts'

/** A file that a program reads. */
export interface ProgramFile {
  /** Below examples/. */
  example: string
  /** Where the program looks for it; absent: a person installs it. */
  place?: string
  /** What to do if a file is there already; FILE stands for the path of the filled-in one. */
  otherwise: string
  /** Copied unchanged. */
  isLibrary?: boolean
}

/** What a program needs. */
export interface MailProgram {
  files: readonly ProgramFile[]
  protocols: readonly Protocol[]
  /** What else has to be done once; FILE is the first file, HOST and PORT the submission server. */
  besides?: readonly string[]
  /** It runs for the whole machine, and gets its tokens from the system's daemon. */
  isOfSystem?: boolean
}

const msmtp = {
  example: 'msmtp/msmtprc',
  place: '~/.msmtprc',
  otherwise: 'add what it lacks of FILE, at least the lines from "account" on',
}

/** Keyed by the names that the question offers. */
export const mailPrograms = {
  msmtp: { files: [msmtp], protocols: ['SMTP'] },
  git: {
    files: [
      {
        example: 'git/gitconfig-msmtp',
        place: '~/.gitconfig',
        otherwise: 'run: git config --global --add include.path FILE',
      },
      msmtp,
    ],
    protocols: ['SMTP'],
  },
  emacs: {
    files: [
      {
        example: 'emacs/cms-oauth.el',
        place: '~/.config/cms-oauth/cms-oauth.el',
        otherwise: 'replace it: cp FILE ~/.config/cms-oauth/cms-oauth.el',
        isLibrary: true,
      },
    ],
    protocols: ['SMTP'],
    besides: [
      'add to the init file of Emacs:',
      '(load "~/.config/cms-oauth/cms-oauth.el")',
      '(add-to-list \'cms-oauth-hosts "HOST")',
      '(cms-oauth-enable)',
      "(setq send-mail-function 'smtpmail-send-it",
      '      user-mail-address "USER" smtpmail-smtp-user "USER"',
      '      smtpmail-smtp-server "HOST" smtpmail-smtp-service PORT',
      "      smtpmail-stream-type 'starttls)",
    ],
  },
  mutt: {
    files: [{ example: 'mutt/muttrc', place: '~/.muttrc', otherwise: 'add: source FILE' }],
    protocols: ['SMTP', 'IMAP'],
  },
  neomutt: {
    files: [{ example: 'neomutt/neomuttrc', place: '~/.neomuttrc', otherwise: 'add: source FILE' }],
    protocols: ['SMTP', 'IMAP'],
  },
  aerc: {
    files: [
      {
        example: 'aerc/accounts.conf',
        place: '~/.config/aerc/accounts.conf',
        otherwise: 'add FILE at its end',
      },
    ],
    protocols: ['SMTP', 'IMAP'],
  },
  mbsync: {
    files: [
      {
        example: 'mbsync/mbsyncrc',
        place: '~/.mbsyncrc',
        otherwise: 'add what it lacks of FILE',
      },
    ],
    protocols: ['IMAP'],
    besides: ['run: mkdir -p ~/Mail', 'run: sudo apt install libsasl2-modules-kdexoauth2'],
  },
  offlineimap3: {
    files: [
      {
        example: 'offlineimap3/offlineimaprc',
        place: '~/.offlineimaprc',
        otherwise: 'use FILE beside it: offlineimap -c FILE',
      },
    ],
    protocols: ['IMAP'],
  },
  getmail6: {
    files: [
      {
        example: 'getmail6/getmailrc',
        place: '~/.config/getmail/getmailrc',
        otherwise: 'use FILE beside it: getmail --rcfile FILE',
      },
    ],
    protocols: ['IMAP'],
    besides: ['run: mkdir -p ~/Mail/cur ~/Mail/new ~/Mail/tmp'],
  },
  's-nail': {
    files: [{ example: 's-nail/mailrc', place: '~/.mailrc', otherwise: 'add: source FILE' }],
    protocols: ['SMTP'],
  },
  exim4: {
    files: [
      {
        example: 'exim4/authenticator',
        otherwise: 'cp FILE /etc/exim4/conf.d/auth/20_cms-oauth',
      },
      {
        example: 'exim4/debian-transport',
        otherwise:
          'cp FILE /etc/exim4/conf.d/transport/30_exim4-config_remote_smtp_smarthost_cms-oauth',
      },
      { example: 'exim4/debian-retry', otherwise: 'cp FILE /etc/exim4/conf.d/retry/20_cms-oauth' },
      { example: 'exim4/debian-macros', otherwise: 'cp FILE /etc/exim4/conf.d/main/000_cms-oauth' },
    ],
    protocols: ['SMTP'],
    isOfSystem: true,
  },
} as const satisfies Record<string, MailProgram>

export type MailProgramName = keyof typeof mailPrograms

export const mailProgramNames = Object.keys(mailPrograms) as MailProgramName[]

/** A program, with its optional fields. */
export function findProgram(name: MailProgramName): MailProgram {
  return mailPrograms[name]
}

/** True where the program gets its tokens from the system's daemon. */
export function isForSystem({ program }: { program: MailProgramName | 'none' }): boolean {
  return program !== 'none' && findProgram(program).isOfSystem === true
}
