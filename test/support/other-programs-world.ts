import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Home, runClient, type RunningDaemon } from './daemon.ts'
import { type Dovecot, startDovecot } from './dovecot.ts'
import { findFreePorts } from './free-ports.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** Both mail servers, and a daemon with bridges that need no TLS, and one that offers it. */
export interface OtherProgramsWorld extends World {
  daemon: RunningDaemon
  dovecot: Dovecot
  /** Of loopback; each asks for passwords. */
  ports: { smtp: number; smtpStarttls: number; imap: number; pop: number }
  /** A password that is good for all. */
  password: string
}

/** The world of a test file's tests. Its home has the files that mail programs look for there. */
export async function provideOtherProgramsWorld(): Promise<OtherProgramsWorld> {
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  after(() => world.close())
  const { user, home, mail } = world
  const dovecot = await startDovecot(world.provider)
  after(() => dovecot.close())
  const [smtp = 0, smtpStarttls = 0, imap = 0, pop = 0] = await findFreePorts(4)
  const submission = `localhost:${mail.port}/starttls`
  const bridges = [
    ['SMTP', smtp, submission, 'off'],
    ['SMTP', smtpStarttls, submission, 'starttls'],
    ['IMAP', imap, `localhost:${dovecot.ports.imaps}/tls`, 'off'],
    ['POP', pop, `localhost:${dovecot.ports.pop}/starttls`, 'off'],
  ].map(
    ([protocol, port, server, tls]) =>
      `[[bridge]]\nprotocol = "${protocol}"\nlisten = "127.0.0.1:${port}"\n` +
      `accounts = ["${user}"]\nserver = "${server}"\ntls = "${tls}"\n`,
  )
  const daemon = await startSignedIn(world, [accountToml(world), ...bridges].join('\n'))
  after(() => daemon.stop())
  const password = (await runClient(home, ['bridge', 'add-password', 'test'])).stdout.trim()
  await furnish(home, { user, password })
  return { ...world, daemon, dovecot, ports: { smtp, smtpStarttls, imap, pop }, password }
}

async function furnish(home: Home, { user, password }: { user: string; password: string }) {
  const { stdout: certificate } = await runClient(home, ['bridge', 'certificate'])
  const netrc = `machine 127.0.0.1 login ${user} password ${password}\n`
  const item = '<item><title>hello</title><description>body</description><guid>1</guid></item>'
  const channel = `<channel><title>feed</title>${item}</channel>`
  const files = {
    'bridge.pem': certificate,
    '.netrc': netrc,
    '.mh_profile': `Path: mh\ncredentials: file:${join(home.directory, '.netrc')}\n`,
    'feed.xml': `<rss version="2.0">${channel}</rss>`,
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(home.directory, name), text, { mode: 0o600 })
  }
}
