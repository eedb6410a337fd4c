import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { findUserId } from '../../src/kernel/user-database.ts'
import { type Result, runProgram } from './daemon.ts'

/** Where .ci/run unpacks Debian's package, which cannot be installed beside exim. */
const unpacked = '/opt/postfix'
const missing = `Postfix is missing: run "cd /tmp && apt-get download postfix && \
dpkg-deb -x postfix_*.deb ${unpacked}", and make the user postfix and the groups postfix and postdrop`
const attempts = 1_500

/** Where Postfix is unpacked. @throws with what to do where it, or one of its users, is missing */
export function installedPostfix(): string {
  if (existsSync(unpacked) && findUserId('postfix') !== undefined) return unpacked
  throw new Error(missing)
}

/** Debian's Postfix, running from its unpacked package with a configuration of a test's own. */
export interface Postfix {
  /** Hands a message in as programs do. */
  send(sender: string, recipients: readonly string[], message: string): Promise<Result>
  /** Tries again what waits. */
  flush(): Promise<void>
  /** How many messages are in its queue. */
  waiting(): Promise<number>
  /** Resolves with the log once this is in it. @throws with the log when it does not come */
  logged(words: RegExp): Promise<string>
  stop(): Promise<void>
}

/** Starts it with these lines more in main.cf and master.cf. @throws where the package is missing */
export async function startPostfix(mainLines: string, masterLines: string): Promise<Postfix> {
  const directory = await mkdtemp(join(tmpdir(), 'postfix-'))
  const config = await prepare(directory, mainLines, masterLines)
  const log = () => readFile(join(directory, 'log'), 'utf8').catch(() => '')
  const env = { PATH: process.env['PATH'], LD_LIBRARY_PATH: `${unpacked}/usr/lib/postfix` }
  const run = (program: string, args: readonly string[], input = '') =>
    runProgram(`${unpacked}/usr/sbin/${program}`, args, { ...env, MAIL_CONFIG: config }, input)
  const started = await run('postfix', ['-c', config, 'start'])
  if (started.status !== 0) throw new Error(`Postfix did not start: ${await log()}`)
  return {
    send: (sender, recipients, message) =>
      run('sendmail', ['-C', config, '-i', '-f', sender, '--', ...recipients], message),
    flush: async () => {
      await run('postqueue', ['-c', config, '-f'])
    },
    waiting: async () => {
      const { stdout } = await run('postqueue', ['-c', config, '-j'])
      return stdout.split('\n').filter((line) => line !== '').length
    },
    logged: (words) => waitFor(log, words),
    stop: async () => {
      // Without the pause for what is on its way.
      await run('postfix', ['-c', config, 'abort'])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function waitFor(log: () => Promise<string>, words: RegExp): Promise<string> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const text = await log()
    if (words.test(text)) return text
    await setTimeout(20)
  }
  throw new Error(`${words} is not in the log: ${await log()}`)
}

async function prepare(directory: string, mainLines: string, masterLines: string): Promise<string> {
  await chmod(directory, 0o755)
  for (const name of ['conf', 'queue', 'data']) await mkdir(join(directory, name))
  await chown(join(directory, 'data'), findUserId('postfix') ?? 0, -1)
  const config = join(directory, 'conf')
  await writeFile(join(config, 'main.cf'), `${mainLines}\n${mainConfiguration(directory)}`)
  await writeFile(join(config, 'master.cf'), `${await distributionServices()}\n${masterLines}`)
  return config
}

/** The distribution's services without those that listen to the network, and without chroot. */
async function distributionServices(): Promise<string> {
  const file = join(installedPostfix(), 'usr', 'share', 'postfix', 'master.cf.dist')
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines
    .filter((line) => /^\w+ +unix/.test(line) && !line.endsWith(' pipe'))
    .map((line) => line.replace(/^(\w+ +unix\S* +\S+ +\S+ +)y/, '$1n'))
    .join('\n')
}

function mainConfiguration(directory: string): string {
  return `
compatibility_level = 3.6
daemon_directory = ${unpacked}/usr/lib/postfix/sbin
command_directory = ${unpacked}/usr/sbin
shlib_directory = ${unpacked}/usr/lib/postfix
meta_directory = ${unpacked}/etc/postfix
sendmail_path = ${unpacked}/usr/sbin/sendmail
import_environment = MAIL_CONFIG MAIL_LOGTAG POSTLOG_SERVICE POSTLOG_HOSTNAME LANG=C LD_LIBRARY_PATH=${unpacked}/usr/lib/postfix
export_environment = MAIL_CONFIG LD_LIBRARY_PATH=${unpacked}/usr/lib/postfix
queue_directory = ${directory}/queue
data_directory = ${directory}/data
maillog_file = ${directory}/log
maillog_file_prefixes = ${directory}
inet_interfaces = loopback-only
alias_maps =
alias_database =
mydestination = localhost
`
}
