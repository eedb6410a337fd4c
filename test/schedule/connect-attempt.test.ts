import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { mock, test, type TestContext } from 'node:test'
import { sendHttpsRequest } from '../../src/https/https-request.ts'
import { sendToGateway } from '../../src/etcd/gateway-request.ts'
import { Connection } from '../../src/mail/connection/connection.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'

/** The name of a server with two addresses, at the second of which nothing listens. */
const name = 'two-addresses.example'
const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))

/** Says its port, then a word for each connection. */
const program = `require('node:net').createServer((socket) => {
  console.log('accepted')
  socket.destroy()
}).listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { console.log(this.address().port) })`

interface SlowServer {
  port: number
  process: ChildProcess
  lines: AsyncIterator<string>
}

/** A server whose kernel has no room: the first packet of a new connection is lost, and comes again after a second. */
async function startSlowServer(t: TestContext): Promise<SlowServer> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const port = Number((await lines.next()).value)
  child.kill('SIGSTOP')
  for (let count = 0; count < 2; count++) {
    const socket = createConnection(port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
  }
  return { port, process: child, lines }
}

const ways: Record<string, (port: number) => Promise<unknown>> = {
  'a request to a provider': (port) =>
    sendHttpsRequest({
      method: 'GET',
      url: `https://${name}:${port}/`,
      signal: AbortSignal.timeout(10_000),
    }),
  'a request through a proxy': async (port) => {
    process.env['https_proxy'] = `http://${name}:${port}`
    const sent = sendHttpsRequest({
      method: 'GET',
      url: 'https://login.example.com/',
      signal: AbortSignal.timeout(10_000),
    })
    delete process.env['https_proxy']
    await sent
  },
  'an engine': (port) =>
    sendToGateway({
      endpoint: `https://${name}:${port}`,
      path: '/v3/kv/range',
      body: '{}',
      tls: {},
      agent: false,
      token: undefined,
      limitMs: 10_000,
    }),
  'a mail server with TLS': (port) => openMail(port, true),
  'a mail server with STARTTLS': (port) => openMail(port, false),
}

async function openMail(port: number, isImplicitTls: boolean): Promise<void> {
  const server = { host: name, port, isImplicitTls }
  const connection = await Connection.open({ server, tls: createMailTls(undefined) })
  await connection.readLine()
}

mock.method(
  dns,
  'lookup',
  (_: string, _options: object, callback: (...found: unknown[]) => void) => {
    callback(null, addresses)
    setImmediate(() => waiting?.kill('SIGCONT'))
  },
)
let waiting: ChildProcess | undefined

for (const [what, connect] of Object.entries(ways)) {
  test(`${what} reaches a server that is slow to be reached, though it has another address`, async (t) => {
    const server = await startSlowServer(t)
    waiting = server.process
    const failure = await connect(server.port).then(
      () => assert.fail('it speaks no protocol'),
      (error: Error) => error,
    )
    assert.doesNotMatch(failure.message, /ETIMEDOUT|ECONNREFUSED/)
    for (let count = 0; count < 3; count++)
      assert.equal((await server.lines.next()).value, 'accepted')
  })
}
