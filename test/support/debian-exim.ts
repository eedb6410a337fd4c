import { randomUUID } from 'node:crypto'
import { chmod, chown, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findGroupId } from '../../src/kernel/user-database.ts'
import { runProgram } from './daemon.ts'
import { type Exim, giveToExim } from './exim.ts'
import { installedProgram } from './installed-program.ts'
import type { World } from './world.ts'

/** The parts of Debian's configuration that a person changes, each with a text of the examples. */
export interface DebianParts {
  authenticator: string
  macros: string
  /** What ends the transport remote_smtp_smarthost. */
  transport: string
  retry: string
  /** Lines of /etc/exim4/passwd.client. */
  passwords?: string
}

interface DebianEximOptions {
  /** `dc_use_split_config`. */
  isSplit: boolean
  /** The smarthost's port. */
  port: number
  parts: DebianParts
}

/** Where each part belongs with the split configuration, below /etc/exim4/conf.d. */
export const splitFiles = {
  authenticator: 'auth/20_cms-oauth',
  macros: 'main/000_cms-oauth',
  transport: 'transport/30_exim4-config_remote_smtp_smarthost_cms-oauth',
  retry: 'retry/20_cms-oauth',
} as const satisfies Record<Exclude<keyof DebianParts, 'passwords'>, string>

/**
 * An exim whose configuration is Debian's own for a smarthost, built by update-exim4.conf; it sees
 * its own /etc/exim4 and its own spool in a mount namespace. @throws where exim is missing
 */
export async function createDebianExim(world: World, options: DebianEximOptions): Promise<Exim> {
  const directory = join(world.home.directory, `debian-${randomUUID()}`)
  for (const name of ['lib', 'spool', 'log'])
    await mkdir(join(directory, name), { recursive: true })
  for (const name of ['spool', 'log']) await giveToExim(join(directory, name))
  const etc = join(directory, 'etc')
  await cp('/etc/exim4', etc, { recursive: true })
  await answerDebconf(etc, options)
  await writePasswords(join(etc, 'passwd.client'), options.parts.passwords ?? '')
  await (options.isSplit ? installSplit(etc, options.parts) : installUnsplit(etc, options.parts))
  const exim = installedProgram('exim4', 'exim4-daemon-light')
  const inside = (program: string, args: readonly string[], input = '') =>
    runProgram(
      installedProgram('unshare', 'util-linux'),
      ['--mount', 'sh', '-c', mounts, directory, program, ...args],
      world.home.env,
      input,
    )
  const built = await inside(installedProgram('update-exim4.conf', 'exim4-config'), [])
  if (built.status !== 0) throw new Error(`update-exim4.conf failed: ${built.stderr}`)
  const run = (args: readonly string[], input = '') => inside(exim, args, input)
  return {
    command: [exim],
    run,
    queued: async () => Number((await run(['-bpc'])).stdout),
    log: () => readFile(join(directory, 'log', 'mainlog'), 'utf8').catch(() => ''),
  }
}

const mounts = `
mount --bind "$0/etc" /etc/exim4
mount --bind "$0/lib" /var/lib/exim4
mount --bind "$0/spool" /var/spool/exim4
mount --bind "$0/log" /var/log/exim4
exec "$@"`

/** What dpkg-reconfigure writes for "mail sent by smarthost". */
async function answerDebconf(etc: string, { isSplit, port }: DebianEximOptions): Promise<void> {
  const answers = {
    dc_eximconfig_configtype: 'smarthost',
    dc_smarthost: `localhost::${port}`,
    dc_use_split_config: String(isSplit),
  }
  const file = join(etc, 'update-exim4.conf.conf')
  let text = await readFile(file, 'utf8')
  for (const [key, value] of Object.entries(answers)) {
    text = text.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}='${value}'`)
  }
  await writeFile(file, text)
}

/** As the package installs it. */
async function writePasswords(file: string, lines: string): Promise<void> {
  await writeFile(file, lines)
  await chmod(file, 0o640)
  await chown(file, 0, findGroupId('Debian-exim') ?? 0)
}

async function installSplit(etc: string, parts: DebianParts): Promise<void> {
  for (const [part, file] of Object.entries(splitFiles)) {
    await writeFile(join(etc, 'conf.d', file), parts[part as keyof typeof splitFiles])
  }
  const routers = join(etc, 'conf.d', 'router', '200_exim4-config_primary')
  await writeFile(routers, allowLoopback(await readFile(routers, 'utf8')))
}

async function installUnsplit(etc: string, parts: DebianParts): Promise<void> {
  await writeFile(join(etc, 'exim4.conf.localmacros'), parts.macros)
  const template = join(etc, 'exim4.conf.template')
  const text = (await readFile(template, 'utf8'))
    .replace(/^begin authenticators$/m, (line) => `${line}\n${parts.authenticator}`)
    .replace(/^begin retry$/m, (line) => `${line}\n${parts.retry}`)
    .replace(
      /^remote_smtp_smarthost:\n(?:.+\n)*? *driver = smtp\n/m,
      (lines) => `${lines}${parts.transport}`,
    )
  await writeFile(template, allowLoopback(text))
}

/** The test's server is on this machine, which exim takes for a loop. */
function allowLoopback(text: string): string {
  return text.replace(/^( *)driver = manualroute$/gm, '$&\n$1self = send')
}
