import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BridgeLogin, fillBridgeExample } from './bridge-example.ts'
import { type Home, type Result, runProgram } from './daemon.ts'
import { installedProgram } from './installed-program.ts'

/** Whom the programs write to. */
export const friend = 'friend@example.org'

const elisp = join(import.meta.dirname, '..', 'clients', 'emacs', 'send-plain.el')

/** Files of examples/bridge/, where they go in the home, and what is called; ~ is the home. */
interface SendingProgram {
  files: readonly [example: string, name: string][]
  command: readonly string[]
}

/** Programs that send what they read, or "hello", to the friend. */
export const sendingPrograms = {
  swaks: {
    files: [['swaks/swaksrc', '.swaksrc']],
    command: ['swaks', '--silent', '2', '--data', '-', '--to', friend],
  },
  'msmtp with "auth on"': {
    files: [['msmtp/msmtprc', 'msmtprc']],
    command: ['msmtp', '-C', '~/msmtprc', friend],
  },
  'msmtp by a socket': {
    files: [['msmtp/msmtprc-socket', 'msmtprc-socket']],
    command: ['msmtp', '-C', '~/msmtprc-socket', friend],
  },
  curl: { files: [['curl/send', 'send']], command: ['~/send', friend] },
  Python: { files: [['python/send.py', 'send.py']], command: ['python3', '~/send.py', friend] },
  's-nail': {
    files: [['s-nail/mailrc', 'mailrc']],
    command: ['s-nail', '-n', '-s', 'hello', friend],
  },
  mutt: {
    files: [['mutt/muttrc', 'muttrc']],
    command: ['mutt', '-F', '~/muttrc', '-s', 'hello', friend],
  },
  'Emacs smtpmail': {
    files: [
      ['emacs/smtpmail.el', 'smtpmail.el'],
      ['emacs/authinfo', '.authinfo'],
    ],
    command: ['emacs', '-Q', '--batch', '-l', '~/smtpmail.el', '-l', elisp],
  },
  'git send-email': {
    files: [['git/gitconfig', '.gitconfig']],
    command: ['git', 'send-email', '--confirm=never', `--to=${friend}`, '~/a.patch'],
  },
  "PHP's mail()": {
    files: [
      ['php/php.ini', 'php/php.ini'],
      ['msmtp/msmtprc', 'msmtprc'],
    ],
    command: ['php', '-r', `exit(mail("${friend}", "hello", "body") ? 0 : 1);`],
  },
  PHPMailer: { files: [['php/send.php', 'send.php']], command: ['php', '~/send.php', friend] },
} satisfies Record<string, SendingProgram>

/** One of them. */
export type SendingProgramName = keyof typeof sendingPrograms

/** A message as the programs read it. */
export function letterFrom(user: string): string {
  return `From: ${user}\nTo: ${friend}\nSubject: hello\n\nbody\n`
}

/** Runs one of them in a home, with its files filled in. */
export async function runSendingProgram(
  name: SendingProgramName,
  home: Home,
  login: BridgeLogin,
): Promise<Result> {
  const { files, command }: SendingProgram = sendingPrograms[name]
  const inHome = (path: string) => join(home.directory, path)
  const more = {
    '/etc/msmtprc-php': inHome('msmtprc'),
    'User Name <': 'User <',
    ...login.more,
  }
  for (const [example, file] of files) {
    await mkdir(dirname(inHome(file)), { recursive: true })
    const text = await fillBridgeExample(example, { ...login, more })
    await writeFile(inHome(file), text, { mode: 0o700 })
  }
  // Emacs writes what it was answered there.
  await mkdir(inHome('.emacs.d'), { recursive: true })
  const header = `From: User <${login.user}>\nDate: Mon, 1 Jan 2024 00:00:00 +0000`
  await writeFile(inHome('a.patch'), `${header}\nSubject: [PATCH] hello\n\nbody\n---\n`)
  const [program = '', ...args] = command.map((word) => word.replace(/^~/, home.directory))
  const path = program.startsWith('/') ? program : installedProgram(program, program)
  return runProgram(path, args, environmentOf(home), letterFrom(login.user))
}

function environmentOf({ directory, env }: Home): NodeJS.ProcessEnv {
  return {
    ...env,
    MAILRC: join(directory, 'mailrc'),
    DEAD: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    PERL5LIB: '/opt/libauthen-sasl-perl/usr/share/perl5',
    PHP_INI_SCAN_DIR: `:${join(directory, 'php')}`,
  }
}
