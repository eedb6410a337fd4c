import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { type BridgeLogin, fillBridgeExample } from './bridge-example.ts'
import { type Home, type Result, runProgram } from './daemon.ts'
import { hurryGetmail, runGetmail } from './getmail.ts'
import { installedProgram } from './installed-program.ts'

/** getmail delivers nothing as root. */
const asRoot = process.getuid?.() === 0
const asMail = asRoot ? ['setpriv', '--reuid=mail', '--regid=mail', '--clear-groups'] : []
const reader = join(import.meta.dirname, '..', 'clients', 'emacs', 'read-plain.el')

/** The libraries of Debian's package php-imap, with what it needs. */
const phpImap = '/opt/php8.2-imap/usr/lib'

/** Files of examples/bridge/, and what is called; ~ is the home. */
interface ReadingProgram {
  files: readonly string[]
  command: readonly string[]
}

/** Programs that read the mailbox: what they fetch is printed or delivered. */
export const readingPrograms = {
  'fetchmail by IMAP': fetchmail('fetchmail/fetchmailrc-imap'),
  'fetchmail by POP': fetchmail('fetchmail/fetchmailrc-pop'),
  'fetchmail by a socket': fetchmail('fetchmail/fetchmailrc-socket'),
  'getmail by IMAP': getmail('getmail6/getmailrc'),
  'getmail by POP': getmail('getmail6/getmailrc-pop'),
  mbsync: { files: ['mbsync/mbsyncrc'], command: ['mbsync', '-c', '~/mbsyncrc', '-a'] },
  'mbsync by a socket': {
    files: ['mbsync/mbsyncrc-socket'],
    command: ['mbsync', '-c', '~/mbsyncrc-socket', '-a'],
  },
  mpop: { files: ['mpop/mpoprc'], command: ['mpop', '-C', '~/mpoprc'] },
  mutt: mutt('mutt/muttrc'),
  'mutt by a socket': mutt('mutt/muttrc-socket'),
  Gnus: {
    files: ['emacs/gnus.el', 'emacs/authinfo'],
    command: ['emacs', '-Q', '--batch', '-l', '~/gnus.el', '-l', reader],
  },
  curl: { files: ['curl/fetch'], command: ['~/fetch'] },
  'imaplib of Python': { files: ['python/fetch.py'], command: ['python3', '~/fetch.py'] },
  'imap_open of PHP by IMAP': php('imap'),
  'imap_open of PHP by POP': php('pop'),
  'poplib of Python': { files: ['python/fetch.py'], command: ['python3', '~/fetch.py', 'pop'] },
} satisfies Record<string, ReadingProgram>

/** One of them. */
export type ReadingProgramName = keyof typeof readingPrograms

/** The extension is unpacked; where it is installed PHP would only say that it is there already. */
function php(protocol: 'imap' | 'pop'): ReadingProgram {
  const extension = ['-d', `extension=${phpImap}/php/20220829/imap.so`]
  const command = ['env', `LD_LIBRARY_PATH=${phpImap}`, 'php', '-n', ...extension]
  return { files: ['php/fetch.php'], command: [...command, '~/fetch.php', protocol] }
}

function fetchmail(file: string): ReadingProgram {
  const files = ['--pidfile', '~/fetchmail.pid', '--fetchmailrc', `~/${basename(file)}`]
  return {
    files: [file],
    command: ['fetchmail', '--all', '--nodetach', '--nosyslog', ...files],
  }
}

function getmail(file: string): ReadingProgram {
  const places = ['--getmaildir=~/Mail', `--rcfile=~/${basename(file)}`]
  return { files: [file], command: [...asMail, 'getmail', ...places] }
}

function mutt(file: string): ReadingProgram {
  const keys = 'push "<pipe-message>cat > ~/delivered<enter><exit>"'
  const command = `mutt -F ~/${basename(file)} -z -e '${keys}'`
  return { files: [file], command: ['script', '-qec', command, '/dev/null'] }
}

/** The programs, each with its files in a home. */
export class ReadingPrograms {
  readonly #home: Home
  readonly #login: BridgeLogin

  constructor(home: Home, login: BridgeLogin) {
    this.#home = home
    const more = {
      '~/Mail': join(home.directory, 'Mail'),
      '/usr/bin/procmail': `/bin/sh -c 'cat >> ${join(home.directory, 'delivered')}'`,
      ...login.more,
    }
    this.#login = { ...login, more }
  }

  /** Puts its files into the home, and takes away all mail; what is to be run, and with which environment. */
  async prepare(name: ReadingProgramName): Promise<[command: string[], env: NodeJS.ProcessEnv]> {
    const { directory, env } = this.#home
    const { files, command }: ReadingProgram = readingPrograms[name]
    await this.#emptyMailbox()
    for (const file of files) await this.#install(file)
    // Emacs writes what it was answered there.
    await mkdir(this.#inHome('.emacs.d'), { recursive: true })
    const [program = '', ...args] = command.map((word) => word.replaceAll('~', directory))
    const path = program.startsWith('/') ? program : installedProgram(program, program)
    return [[path, ...args], { ...env, TERM: 'xterm', FETCHMAILHOME: directory }]
  }

  /** Runs one to its end. */
  async run(name: ReadingProgramName): Promise<Result> {
    const [[program = '', ...args], env] = await this.prepare(name)
    return runGetmail(() => runProgram(program, args, env))
  }

  /** What has been delivered in any way. */
  async delivered(): Promise<string> {
    const names = await readdir(this.#inHome('Mail'), { recursive: true })
    const mails = names
      .filter((name) => /(new|cur)\/./.test(name))
      .map((name) => this.#inHome(join('Mail', name)))
    const all = [...mails, this.#inHome('delivered')]
    return (await Promise.all(all.map((path) => readFile(path, 'utf8').catch(() => '')))).join('')
  }

  #inHome(name: string): string {
    return join(this.#home.directory, name)
  }

  async #emptyMailbox(): Promise<void> {
    // As the user that getmail runs as.
    await chmod(this.#home.directory, 0o711)
    for (const name of ['delivered', 'Mail', '.mpop_uidls', '.fetchids']) {
      await rm(this.#inHome(name), { recursive: true, force: true })
    }
    for (const part of ['', 'cur', 'new', 'tmp']) {
      const path = this.#inHome(join('Mail', part))
      await mkdir(path, { recursive: true })
      await giveToMail(path)
    }
  }

  async #install(example: string): Promise<void> {
    const base = basename(example)
    const path = this.#inHome(base === 'authinfo' ? '.authinfo' : base)
    const isOfGetmail = base.startsWith('getmail')
    const text = await fillBridgeExample(example, this.#login)
    await writeFile(path, isOfGetmail ? hurryGetmail(text) : text)
    await chmod(path, base === 'fetch' ? 0o700 : 0o600)
    if (isOfGetmail) await giveToMail(path)
  }
}

async function giveToMail(path: string): Promise<void> {
  if (asRoot) await chown(path, findUserId('mail') ?? 0, findGroupId('mail') ?? 0)
}
