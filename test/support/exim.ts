import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { type Result, runProgram } from './daemon.ts'
import { installedProgram } from './installed-program.ts'
import type { World } from './world.ts'

/** An exim of a test's own: nothing of the machine's is touched. */
export interface Exim {
  /** The program and the options that choose this configuration. */
  command: readonly [string, ...string[]]
  /** Runs it with this configuration. */
  run(args: readonly string[], input?: string): Promise<Result>
  /** How many messages wait. */
  queued(): Promise<number>
  /** Its main log. */
  log(): Promise<string>
}

/** Lets Debian-exim reach what is in a world's home and read its authorities, and no more. */
export async function admitExim({ home, provider }: World): Promise<void> {
  await chmod(home.directory, 0o711)
  await chmod(provider.certificates.directory, 0o755)
}

/** Gives a file or a directory to the user and group Debian-exim. @throws where exim is missing */
export async function giveToExim(path: string): Promise<void> {
  installedProgram('exim4', 'exim4-daemon-light')
  await chown(path, findUserId('Debian-exim') ?? 0, findGroupId('Debian-exim') ?? 0)
}

/** Makes a spool for a configuration, whose main section is given the paths and local servers. */
export async function createExim(
  { home }: Pick<World, 'home'>,
  configuration: string,
): Promise<Exim> {
  const spool = join(home.directory, `spool-${randomUUID()}`)
  await mkdir(spool, { mode: 0o750 })
  await giveToExim(spool)
  const file = join(spool, 'exim.conf')
  const paths = `spool_directory = ${spool}\nlog_file_path = ${spool}/log-%s\n`
  // The test's server is on this machine, which exim takes for a loop.
  const routed = configuration.replace(
    /^( *)driver = manualroute$(?![^]*self = send)/gm,
    '$&\n$1self = send',
  )
  await writeFile(file, paths + routed, { mode: 0o644 })
  const exim = installedProgram('exim4', 'exim4-daemon-light')
  const options = ['-C', file]
  const run = (args: readonly string[], input = '') =>
    runProgram(exim, [...options, ...args], home.env, input)
  return {
    command: [exim, ...options],
    run,
    queued: async () => Number((await run(['-bpc'])).stdout),
    log: () => readFile(join(spool, 'log-main'), 'utf8').catch(() => ''),
  }
}
