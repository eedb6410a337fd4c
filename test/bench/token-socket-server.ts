/** The server's process of token-socket.ts: `token-socket-server.ts KIND PATH`. */
import { createServer } from 'node:net'
import { ConnectionBudget } from '../../src/daemon/socket/connection-budget.ts'
import { TokenServer } from '../../src/daemon/socket/token-server.ts'
import type { Log } from '../../src/logging/log.ts'
import { createLogger } from '../../src/logging/logger.ts'
import { fingerprint, Secret } from '../../src/logging/secret.ts'
import { formatCredential } from '../../src/sasl/output-format.ts'
import { testAccount } from '../support/accounts.ts'

const [kind = '', path = ''] = process.argv.slice(2)
const user = 'user@example.com'
const token = 'x'.repeat(1_600)
const ignore = () => {}
const silent: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }

function listenBare(): Promise<void> {
  const credential = { account: user, user, protocol: 'SMTP' as const, accessToken: token }
  const answer = formatCredential(credential, 'xoauth2-b64')
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.once('data', () => socket.end(answer))
    socket.on('error', ignore)
  })
  return new Promise((resolve) => server.listen({ path, backlog: 4_096 }, resolve))
}

async function listenTokenServer(log: Log): Promise<void> {
  const accessToken = new Secret(token)
  const served = { accessToken, fingerprint: fingerprint(accessToken), expiresAt: Date.now() }
  const server = new TokenServer({
    configuration: { path, protocols: ['SMTP'], mode: 0o600, reply: 'xoauth2-b64' },
    accounts: { find: () => account },
    tokens: { serve: () => served },
    budget: new ConnectionBudget(),
    log,
  })
  const account = testAccount({ user })
  await server.listen()
}

if (kind === 'bare') await listenBare()
else {
  await listenTokenServer(
    kind === 'token' ? silent : createLogger({ level: 'info', output: 'json', write: ignore }),
  )
}
let begun = process.cpuUsage()
process.on('message', (word) => {
  const { user, system } = process.cpuUsage(begun)
  begun = process.cpuUsage()
  const rssMiB = process.memoryUsage.rss() / 1024 / 1024
  process.send?.(word === 'begin' ? 'begun' : { cpuMs: (user + system) / 1_000, rssMiB })
})
process.send?.('ready')
