import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runClient } from '../support/daemon.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { percentile } from '../support/percentile.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import { type CurlMail, curlTransfers, curlWays, type TransferByCurl } from './curl-mail.ts'
import type { Bench, Row } from './row.ts'

const mailBytes = 25 * 1024 * 1024
/** In a round, by each way in its turn. */
const mailsEach = 7

/** Where curl logs in. */
type Ways = ReturnType<typeof curlWays>

/** What the bridge costs curl(1) at Dovecot, beside curl at the same Dovecot by TLS. */
export const bridgeAtDovecot: Bench = async ({ rounds }) => {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  const dovecot = await startDovecot(world.provider)
  try {
    const transfers = curlTransfers(await deliverMail(world, dovecot))
    const [port = 0] = await findFreePorts(1)
    const daemon = await startSignedIn(world, configuration(world, dovecot, port))
    try {
      return await measure(await waysOf(world, dovecot, port), transfers, rounds)
    } finally {
      await daemon.stop()
    }
  } finally {
    await dovecot.close()
    await world.close()
  }
}

async function measure(
  ways: Ways,
  transfers: Record<'down' | 'up', TransferByCurl>,
  rounds: number,
): Promise<Row[]> {
  const down: number[] = []
  const up: number[] = []
  for (let round = 0; round < rounds; round++) {
    down.push(await besideDirect(ways, transfers.down))
    up.push(await besideDirect(ways, transfers.up))
  }
  return Object.entries({ down, up }).map(([way, ratios]) => {
    return { name: `bridge: 25 MiB ${way}, by curl at Dovecot`, goal: '<= 1.3', ratios }
  })
}

/** The middle of some mails. */
async function besideDirect({ direct, bridge }: Ways, transfer: TransferByCurl): Promise<number> {
  const ratios: number[] = []
  for (let mail = 0; mail < mailsEach; mail++) {
    const theirs = await transfer(direct)
    ratios.push((await transfer(bridge)) / theirs)
  }
  return percentile(ratios, 0.5)
}

/** One with an attachment: in the inbox, and in a file. */
async function deliverMail({ user, home }: World, dovecot: Dovecot): Promise<CurlMail> {
  const attachment = randomBytes((mailBytes * 3) / 4).toString('base64')
  const head = 'Subject: 25 MiB\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n'
  const text = `${head}${attachment.replace(/.{76}/g, '$&\n')}\n`
  const file = join(home.directory, 'mail')
  await writeFile(file, text.replaceAll('\n', '\r\n'))
  await dovecot.deliver(user, text)
  return { file, uid: 1 }
}

function configuration(world: World, { ports }: Dovecot, port: number): string {
  return (
    `${accountToml(world)}\n[[bridge]]\nprotocol = "IMAP"\nlisten = "127.0.0.1:${port}"\n` +
    `accounts = ["${world.user}"]\nserver = "localhost:${ports.imaps}/tls"\n`
  )
}

async function waysOf({ user, home, provider }: World, { ports }: Dovecot, port: number) {
  const password = await runClient(home, ['bridge', 'add-password', 'bench'])
  const token = await runClient(home, [`--user=${user}`, '--output=token'])
  return curlWays({
    user,
    bridge: { port, password: password.stdout.trim() },
    direct: {
      port: ports.imaps,
      token: token.stdout.trim(),
      caFile: provider.certificates.caFile,
    },
  })
}
