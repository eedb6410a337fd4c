/** The programs that know only passwords and `init` knows: the examples that each gets, and where those go. */
import type { Protocol } from '../../sasl/output-format.ts'

/** A file that a program reads, with a password in it. */
export interface PasswordFile {
  /** Below examples/bridge. */
  example: string
  /** Where the program looks for it; absent: where only root can write. */
  place?: string
  /** What to do with one that is not in its place; FILE stands for its path. */
  otherwise: readonly string[]
}

/** What a program needs. */
export interface PasswordProgram {
  protocol: Protocol
  /** None: a person types what it needs into the program. */
  files: readonly PasswordFile[]
}

/** Replaces what is there, which stays beside it with a `~` behind its name. */
function installed(rights: string, place: string): string {
  return `sudo install -b ${rights} FILE ${place} && rm FILE`
}

const fetchmail = { place: '~/.fetchmailrc', otherwise: ['fetchmail -f FILE'] }

/** Keyed by the names that the question offers. */
export const passwordPrograms = {
  dma: {
    protocol: 'SMTP',
    files: [
      { example: 'dma/dma.conf', otherwise: [installed('-m 644', '/etc/dma/dma.conf')] },
      { example: 'dma/auth.conf', otherwise: [installed('-m 640 -g mail', '/etc/dma/auth.conf')] },
    ],
  },
  nullmailer: {
    protocol: 'SMTP',
    files: [
      {
        example: 'nullmailer/remotes',
        otherwise: [installed('-m 600 -o mail', '/etc/nullmailer/remotes')],
      },
    ],
  },
  postfix: {
    protocol: 'SMTP',
    files: [
      {
        example: 'postfix/sasl_passwd',
        otherwise: [installed('-m 600', '/etc/postfix/sasl_passwd')],
      },
      {
        example: 'postfix/main.cf',
        otherwise: [
          'grep "^[a-z]" FILE | while read -r line; do sudo postconf -e "$line"; done',
          'sudo postfix reload',
        ],
      },
    ],
  },
  sendmail: {
    protocol: 'SMTP',
    files: [
      {
        example: 'sendmail/authinfo',
        otherwise: [
          installed('-m 600', '/etc/mail/authinfo'),
          'sudo sh -c "makemap hash /etc/mail/authinfo < /etc/mail/authinfo"',
        ],
      },
      {
        example: 'sendmail/smarthost.m4',
        otherwise: [
          '# FILE goes into /etc/mail/sendmail.mc, above MAILER_DEFINITIONS; then:',
          'sudo make -C /etc/mail',
        ],
      },
    ],
  },
  ssmtp: {
    protocol: 'SMTP',
    files: [
      {
        example: 'ssmtp/ssmtp.conf',
        otherwise: [installed('-m 640 -g mail', '/etc/ssmtp/ssmtp.conf')],
      },
    ],
  },
  fetchmail: { protocol: 'IMAP', files: [{ example: 'fetchmail/fetchmailrc-imap', ...fetchmail }] },
  'fetchmail-pop': {
    protocol: 'POP',
    files: [{ example: 'fetchmail/fetchmailrc-pop', ...fetchmail }],
  },
  mpop: {
    protocol: 'POP',
    files: [
      {
        example: 'mpop/mpoprc',
        place: '~/.mpoprc',
        otherwise: ['mpop -C FILE'],
      },
    ],
  },
  php: {
    protocol: 'SMTP',
    files: [
      {
        example: 'msmtp/msmtprc',
        otherwise: [installed('-m 640 -g www-data', '/etc/msmtprc-php')],
      },
      {
        example: 'php/php.ini',
        otherwise: [
          'for d in /etc/php/*/*/conf.d; do sudo install -m 644 FILE $d/90-cms-oauth.ini; done',
        ],
      },
    ],
  },
  phpmailer: {
    protocol: 'SMTP',
    files: [{ example: 'php/send.php', otherwise: ['# FILE shows what your program has to set'] }],
  },
  python: {
    protocol: 'SMTP',
    files: [
      { example: 'python/send.py', otherwise: ['# FILE shows what your program has to say'] },
    ],
  },
  swaks: {
    protocol: 'SMTP',
    files: [{ example: 'swaks/swaksrc', place: '~/.swaksrc', otherwise: ['swaks --config FILE'] }],
  },
  device: { protocol: 'SMTP', files: [] },
  'other-smtp': { protocol: 'SMTP', files: [] },
  'other-imap': { protocol: 'IMAP', files: [] },
  'other-pop': { protocol: 'POP', files: [] },
} as const satisfies Record<string, PasswordProgram>

export type PasswordProgramName = keyof typeof passwordPrograms

/** A program, with its optional fields. */
export function findPasswordProgram(name: PasswordProgramName): PasswordProgram {
  return passwordPrograms[name]
}
