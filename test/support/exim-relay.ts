import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningDaemon } from './daemon.ts'
import { admitExim, createExim, type Exim, giveToExim } from './exim.ts'
import { installedProgram } from './installed-program.ts'
import { signInThroughPage } from './sign-in.ts'
import { startSubmissionServer, type SubmissionServer } from './submission-server.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples', 'exim4', 'relay-only')

/** What the example of exim as relay speaks of: two accounts with tokens, one with a password. */
export interface RelayWorld extends World {
  /** The second address with a token. */
  other: string
  /** The server of user@example.net, who logs in as "user". */
  passwordServer: SubmissionServer
  password: string
  daemon: RunningDaemon
  /** An exim with the example, filled in; `change` is what a control breaks, in both its files. */
  relay(change?: (text: string) => string): Promise<Exim>
}

/** Starts the servers and the daemon, and signs both accounts in; `close` leaves the daemon alone. */
export async function createRelayWorld(): Promise<RelayWorld> {
  installedProgram('exim4', 'exim4-daemon-light')
  const world = await createWorld()
  const passwordServer = await startPasswordServer(world)
  const other = 'other@example.com'
  const socket = join(world.home.directory, 'exim', 'exim.sock')
  await mkdir(join(world.home.directory, 'exim'))
  await admitExim(world)
  const example = await readFile(join(examples, 'config.toml'), 'utf8')
  const accounts = accountToml(world) + accountToml({ ...world, user: other })
  const socketToml = example.replace('/run/cms-oauth/exim.sock', socket)
  const daemon = await startSignedIn(world, `${accounts}${socketToml}`)
  const { ca } = world.provider.certificates
  await signInThroughPage(daemon.control, other, { ca })
  const parts = { ...world, other, passwordServer, password, daemon, socket }
  return {
    ...parts,
    relay: (change = (text) => text) => relay(parts, change),
    close: async () => {
      await passwordServer.close()
      await world.close()
    },
  }
}

/** With a caret, which exim's authenticator means something by. */
const password = 'pass^word'

function startPasswordServer({ provider }: World): Promise<SubmissionServer> {
  return startSubmissionServer({
    certificates: provider.certificates,
    introspect: () => Promise.resolve(undefined),
    passwords: { user: password },
  })
}

type Parts = Omit<RelayWorld, 'relay'> & { socket: string }

async function relay(parts: Parts, change: (text: string) => string): Promise<Exim> {
  const example = await readFile(join(examples, 'exim4.conf'), 'utf8')
  const filled = example
    .replace('/etc/exim4/accounts', await writeAccounts(parts, change))
    .replace('/run/cms-oauth/exim.sock', parts.socket)
    .replace('user@domain.com', parts.user)
    .replace('/etc/ssl/certs/ca-certificates.crt', parts.provider.certificates.caFile)
  return createExim(parts, change(filled))
}

async function writeAccounts(parts: Parts, change: (text: string) => string): Promise<string> {
  const example = await readFile(join(examples, 'accounts'), 'utf8')
  const filled = example
    .replaceAll(/\b(user|alias)@domain\.com/g, '$1@example.com')
    .replaceAll('other@gmail.com', parts.other)
    .replaceAll(/smtp\.(office365|gmail)\.com::587/g, `localhost::${parts.mail.port}`)
    .replace('smtp.example.net::587', `localhost::${parts.passwordServer.port}`)
    .replace('"secret"', `"${parts.password}"`)
  const file = join(parts.home.directory, 'accounts')
  await writeFile(file, change(filled))
  await chmod(file, 0o640)
  await giveToExim(file)
  return file
}
