import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Result, type RunningDaemon, runProgram } from './daemon.ts'
import { type Dovecot, startDovecot } from './dovecot.ts'
import { installedProgram } from './installed-program.ts'
import { signInThroughPage } from './sign-in.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

const root = join(import.meta.dirname, '..', '..')

/**
 * A world for msmtp: an account shaped as Office 365's at the strict server, which knows XOAUTH2,
 * and one shaped as Gmail's at Dovecot. The daemon runs, and `cms-oauth` is found by its name.
 */
export interface MsmtpWorld extends World {
  /** The address of the second account. */
  other: string
  dovecot: Dovecot
  daemon: RunningDaemon
  /** Puts an example, filled in, where its reader looks for it; `change` is what a control breaks. */
  install(example: string, name: string, change?: (text: string) => string): Promise<void>
  /** Runs msmtp under a name, sendmail say, as msmtp-mta installs it. */
  run(args: readonly string[], input: string, name?: string): Promise<Result>
}

/** Starts everything and signs both accounts in; `close` leaves the daemon alone. The default socket alone unless told others. */
export async function createMsmtpWorld(
  socketsToml: (world: World) => Promise<string> = () => Promise.resolve(''),
): Promise<MsmtpWorld> {
  const msmtp = installedProgram('msmtp', 'msmtp')
  const world = await createWorld()
  const other = 'other@example.com'
  const dovecot = await startDovecot(world.provider)
  const { directory, env } = world.home
  const bin = join(directory, 'bin')
  await mkdir(bin)
  await symlink(join(root, 'bin', 'cms-oauth.js'), join(bin, 'cms-oauth'))
  for (const name of ['msmtp', 'sendmail']) {
    await symlink(msmtp, join(bin, name))
  }
  env['PATH'] = `${bin}:${env['PATH']}`
  const daemon = await startAll(world, other, await socketsToml(world))
  return {
    ...world,
    other,
    dovecot,
    daemon,
    install: async (example, name, change = (text) => text) => {
      const text = await readFile(join(root, 'examples', example), 'utf8')
      const filled = fill(text, { ...world, other, dovecot })
      await writeFile(join(directory, name), change(filled), { mode: 0o600 })
    },
    run: (args, input, name = 'msmtp') => runProgram(join(bin, name), args, env, input),
    close: async () => {
      await dovecot.close()
      await world.close()
    },
  }
}

async function startAll(world: World, other: string, socketsToml: string): Promise<RunningDaemon> {
  const accounts = accountToml(world) + accountToml({ ...world, user: other }, 'gmail')
  const daemon = await startSignedIn(world, `${accounts}${socketsToml}`)
  const { ca } = world.provider.certificates
  await signInThroughPage(daemon.control, other, { ca })
  return daemon
}

function fill(text: string, world: Pick<MsmtpWorld, keyof World | 'other' | 'dovecot'>): string {
  return text
    .replaceAll('user@domain.com', world.user)
    .replaceAll('other@gmail.com', world.other)
    .replaceAll('smtp.office365.com\nport 587', `localhost\nport ${world.mail.port}`)
    .replaceAll('smtp.gmail.com\nport 587', `localhost\nport ${world.dovecot.ports.submission}`)
    .replace('/etc/ssl/certs/ca-certificates.crt', world.provider.certificates.caFile)
}
