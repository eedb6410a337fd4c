/**
 * What comes to a listener for mail and is not a mail program, at every kind of listener that a configuration
 * can have: a web page that posts commands of mail, and a program that begins with TLS where it does not belong.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { LineClient } from '../support/line-client.ts'
import { connectTls as beginWithTls } from '../support/tls-client.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const world = await createWorld()
after(() => world.close())
const { user, mail, home } = world

type Tls = 'off' | 'starttls' | 'required' | 'implicit'

interface Listener {
  name: string
  tls: Tls
  to: { port: number; host: string } | { path: string }
  toml: string
}

const modes: Tls[] = ['off', 'starttls', 'required', 'implicit']
const ways = [
  { protocol: 'SMTP', caller: 'password' },
  { protocol: 'SMTP', caller: 'peer' },
  { protocol: 'IMAP', caller: 'password' },
  { protocol: 'POP', caller: 'password' },
]
const ports = await findFreePorts((ways.length + 1) * modes.length)

const bridges = ways.flatMap(({ protocol, caller }, row) =>
  modes.flatMap((tls, column): Listener[] => {
    const port = ports[row * modes.length + column] ?? 0
    const path = join(home.directory, `${protocol}-${caller}-${tls}.sock`)
    const toml =
      `[[bridge]]\nprotocol = "${protocol}"\nlisten = ["127.0.0.1:${port}", "${path}"]\n` +
      `accounts = ["${user}"]\nserver = "localhost:${mail.port}"\ncaller = ["${caller}"]\ntls = "${tls}"\n`
    const name = `a bridge, ${protocol}, ${caller}, tls ${tls}`
    return [
      { name: `${name}, a port`, tls, to: { port, host: '127.0.0.1' }, toml },
      { name: `${name}, a socket`, tls, to: { path }, toml: '' },
    ]
  }),
)
const outboxes = modes.map((tls, column): Listener => {
  const port = ports[ways.length * modes.length + column] ?? 0
  const toml =
    `[[outbox]]\nname = "${tls}"\npath = "${join(home.directory, `${tls}.sock`)}"\naccount = "${user}"\n` +
    `via = "smtp"\nhost = "localhost:${mail.port}"\naliases = { root = "me@example.org" }\n` +
    `listen = "127.0.0.1:${port}"\ncaller = ["peer"]\ntls = "${tls}"\n`
  return { name: `an outbox, tls ${tls}`, tls, to: { port, host: '127.0.0.1' }, toml }
})
const listeners = [...bridges, ...outboxes]
const daemon = await startSignedIn(
  world,
  [accountToml(world), ...listeners.map(({ toml }) => toml)].join('\n'),
)
after(() => daemon.stop())
const ca = (await runClient(home, ['bridge', 'certificate'])).stdout

const page =
  'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n' +
  `EHLO page\r\nMAIL FROM:<${user}>\r\nRCPT TO:<me@example.org>\r\nDATA\r\nSubject: from a web page\r\n\r\n.\r\n` +
  `a1 LOGIN x x\r\na2 SELECT INBOX\r\nUSER ${user}\r\nPASS x\r\nQUIT\r\n`
/** Headers of the PROXY protocol, and commands behind them. */
const proxies = ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n', '\r\n\r\n\0\r\nQUIT\n!\x11\0\0'].map(
  (header) => `${header}EHLO proxy\r\na1 NOOP\r\nCAPA\r\n`,
)
const hello = await clientHello()
const greeting = /^(?:220 |\* OK |\+OK ).*\r\n$/

/** What a program says first that begins with TLS. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const program = connectTls({ port, host: '127.0.0.1' }).on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  program.destroy()
  server.close()
  return bytes
}

for (const { name, tls, to } of listeners) {
  test(`${name}: a stray is closed, and hears no more than the greeting`, async () => {
    const strays = tls === 'implicit' ? [page] : [page, hello.toString('latin1'), ...proxies]
    for (const bytes of strays) {
      const client = new LineClient(to)
      client.socket.write(bytes, 'latin1')
      const heard = await client.rest()
      if (heard !== '') assert.match(heard, greeting)
      assert.ok(heard === '' || tls !== 'implicit', heard)
    }
    if (tls !== 'implicit' || 'path' in to) return
    const secured = await beginWithTls(to.port, { ca })
    secured.socket.write(page)
    assert.match(await secured.rest(), greeting)
  })
}

test('nobody was logged in, nothing was sent or accepted, and the log says who came', async () => {
  // Ten a minute are logged, those of the first listeners.
  for (const reason of ['a web page?', 'it begins with TLS', 'the PROXY protocol']) {
    await daemon.logged((line) => {
      return line.event === 'bridge.stray' && String(line['reason']).includes(reason)
    })
  }
  const events = new Set(daemon.log.map(({ event }) => event))
  for (const event of ['bridge.login', 'outbox.accepted']) assert.ok(!events.has(event), event)
  assert.deepEqual(mail.messages, [])
})
