/** What is wrong with an engine is said in words that name the next step. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, test, type TestContext } from 'node:test'
import { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { EtcdError, type EtcdTroubleKind } from '../../src/etcd/etcd-error.ts'
import { troubleOfRefusal } from '../../src/etcd/trouble.ts'
import { createClient } from '../support/etcd/clients.ts'
import { startEtcdCluster } from '../support/etcd/etcd-cluster.ts'
import { type EtcdNode, findPlaces, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { prefix } from '../support/etcd/users.ts'
import { assertAdvice } from '../support/golden.ts'

const key = `${prefix}grant/a`
const limits = { limitMs: 1_500 }

let node: EtcdNode
before(async () => {
  node = await startEtcdNode()
})
after(() => node.close())

/** Compares what a request threw; what it says is in the golden file. */
async function assertTrouble(
  asked: Promise<unknown>,
  trouble: EtcdTroubleKind,
  name: 'EtcdRefusedError' | 'EtcdUnavailableError' | 'EtcdUnknownError',
  endpoint: string,
  which = '',
): Promise<void> {
  const error: unknown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.equal(error instanceof EtcdError, true, String(error))
  const { name: actual, trouble: kind } = error as EtcdError
  assert.deepEqual([actual, kind], [name, trouble])
  assertAdvice(error as EtcdError, `${trouble}${which} (${name})`, { endpoint })
}

function withTls(changes: object, endpoint = node.endpoint): EtcdClient {
  return createClient(node, { endpoints: [endpoint], tls: { ...node.tls, ...changes } })
}

function pair(name: 'named' | 'foreign'): object {
  const { cert, key } = node.certificates[name]
  return { cert: readFileSync(cert), key: readFileSync(key) }
}

test('a certificate with a CommonName is refused by the gateway, in text that is not JSON', () =>
  assertTrouble(withTls(pair('named')).get(key), 'common_name', 'EtcdRefusedError', node.endpoint))

test("an engine's certificate that nobody vouches for is not trusted", () =>
  assertTrouble(
    withTls({ ca: readFileSync(node.certificates.foreign.cert) }).get(key),
    'certificate',
    'EtcdUnavailableError',
    node.endpoint,
  ))

test("an engine's certificate for another name is not trusted", async (t) => {
  const endpoint = await serve(t, createServer(serverPair()), '127.0.0.2')
  const client = withTls({}, endpoint)
  await assertTrouble(client.get(key), 'certificate', 'EtcdUnavailableError', endpoint, ', name')
})

for (const [title, changes] of [
  ['of another authority', () => pair('foreign')],
  ['that is missing', () => ({ cert: undefined, key: undefined })],
] as const) {
  test(`a certificate of this host ${title} is refused, and nothing was done`, async () => {
    const client = withTls(changes())
    const asked = client.transact({ compare: [], success: [{ get: key }] }, limits)
    const error = (await asked.catch((error: unknown) => error)) as EtcdError
    // With TLS 1.3 the refusal comes behind the request: sometimes only the closed connection is seen.
    assert.equal(['client_certificate', 'unreachable'].includes(error.trouble), true, error.message)
  })
}

test('a wrong password is one', () =>
  assertTrouble(
    createClient(node, { password: 'wrong' }).get(key),
    'password',
    'EtcdRefusedError',
    node.endpoint,
  ))

test('what the user may not do is named', () =>
  assertTrouble(
    createClient(node, { user: 'reader' }).get(key),
    'permission',
    'EtcdRefusedError',
    node.endpoint,
  ))

test('a record that is too large is refused', () => {
  const success = [{ put: key, value: Buffer.alloc(2_000_000) }]
  const asked = createClient(node).transact({ compare: [], success })
  return assertTrouble(asked, 'too_large', 'EtcdRefusedError', node.endpoint)
})

test('an engine whose authentication is switched off is refused: it would give all to everybody', async (t) => {
  const open = await startEtcdNode({ auth: 'none' })
  t.after(() => open.close())
  await assertTrouble(
    createClient(open).get(key),
    'auth_disabled',
    'EtcdRefusedError',
    open.endpoint,
  )
})

test('an engine without space refuses writes, and says so in its status', async (t) => {
  const small = await startEtcdNode({ flags: ['--quota-backend-bytes=300000'] })
  t.after(() => small.close())
  const client = createClient(small)
  const success = [{ put: key, value: Buffer.alloc(400_000) }]
  const write = () => client.transact({ compare: [], success })
  // The one that fills it may be done though the answer is a refusal: etcd counts afterwards.
  while (
    await write().then(
      () => true,
      () => false,
    )
  );
  await assertTrouble(write(), 'no_space', 'EtcdUnknownError', small.endpoint)
  assert.deepEqual((await client.status()).alarms, ['NOSPACE'])
  // What is there can be read.
  await client.get(key)
  await assertTrouble(client.grantLease(60), 'no_space', 'EtcdUnavailableError', small.endpoint)
})

test('a node that has lost the others has no leader, and says so at once', async (t) => {
  const pair = await startEtcdCluster(await findPlaces(2))
  t.after(() => pair.close())
  const [first] = pair.members
  const endpoint = first?.endpoint ?? ''
  const client = createClient(pair, { endpoints: [endpoint] })
  const success = [{ put: key, value: Buffer.from('x') }]
  await client.transact({ compare: [], success })
  await pair.members[1]?.kill()
  // Until it notices, a write may be taken and never be answered.
  while ((await client.status()).hasLeader);
  const asked = client.transact({ compare: [], success }, limits)
  await assertTrouble(asked, 'no_leader', 'EtcdUnavailableError', endpoint)
  await assertTrouble(client.get(key, limits), 'no_leader', 'EtcdUnavailableError', endpoint)
})

test('where nothing listens it cannot be reached', async () => {
  const [place] = await findPlaces(1)
  const endpoint = `https://localhost:${place?.clientPort}`
  const asked = createClient(node, { endpoints: [endpoint] }).get(key, { limitMs: 300 })
  await assertTrouble(asked, 'unreachable', 'EtcdUnavailableError', endpoint)
})

test('a host that says nothing is too slow', async (t) => {
  const endpoint = await serve(t, createServer(serverPair()))
  const asked = createClient(node, { endpoints: [endpoint] }).get(key, { limitMs: 300 })
  await assertTrouble(asked, 'slow', 'EtcdUnavailableError', endpoint)
})

test('a port without TLS does not speak it', async (t) => {
  const plain = createHttpServer((_, response) => response.end('hello'))
  const endpoint = await serve(t, plain)
  const asked = createClient(node, { endpoints: [endpoint] }).get(key)
  const error = (await asked.catch((error: unknown) => error)) as EtcdError
  assert.equal(error.trouble, 'tls')
})

for (const [title, status, body] of [
  ['a page', 200, '<html>hello</html>'],
  ['JSON of something else', 200, '{"kvs":[]}'],
  ['a header and nonsense', 200, '{"header":{"cluster_id":"1"},"kvs":7}'],
  ['not found', 404, '404 page not found'],
  [
    'a page of nginx',
    404,
    '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n',
  ],
  ['a redirect', 301, '<html><head><title>301 Moved Permanently</title></head></html>'],
  ['a redirect without words', 307, ''],
  ['a demand for a password', 401, '<html><head><title>401 Authorization Required</title>'],
  ['an error of its own', 500, 'Internal Server Error'],
] as const) {
  test(`what answers with ${title} is not etcd, and counts as empty for nobody`, async (t) => {
    const endpoint = await serve(
      t,
      createServer(serverPair(), (_, response) => {
        response.statusCode = status
        response.end(body)
      }),
    )
    const options = { endpoints: [endpoint], tls: node.tls, bootMs: () => 0 }
    const asked = new EtcdClient(options).get(key, limits)
    const error = (await asked.catch((error: unknown) => error)) as EtcdError
    assert.equal(error.trouble, 'not_etcd')
    assertAdvice(error, `not_etcd: ${title}`, { endpoint })
  })
}

test('a server on the way without an engine behind it is a trouble that may pass', async (t) => {
  for (const status of [429, 502, 503, 504]) {
    const endpoint = await serve(
      t,
      createServer(serverPair(), (_, response) => {
        response.statusCode = status
        response.end('Bad Gateway')
      }),
    )
    const asked = createClient(node, { endpoints: [endpoint] }).get(key, { limitMs: 300 })
    await assertTrouble(asked, 'busy', 'EtcdUnavailableError', endpoint, `, ${status}`)
  }
})

test('an engine with users is told from one that does not permit this to ours', async () => {
  const { endpoints, tls } = node
  const client = new EtcdClient({ endpoints, tls, bootMs: () => 0 })
  await assertTrouble(client.get(key), 'no_user', 'EtcdRefusedError', node.endpoint)
})

test('an answer without end is not read to its end', async (t) => {
  const endpoint = await serve(
    t,
    createServer(serverPair(), (_, response) => {
      const write = () => {
        while (response.write(Buffer.alloc(64 * 1024, 'x')));
        response.once('drain', write)
      }
      write()
    }),
  )
  const client = new EtcdClient({ endpoints: [endpoint], tls: node.tls, bootMs: () => 0 })
  await assertTrouble(client.get(key, limits), 'too_long', 'EtcdUnavailableError', endpoint)
  const end = await new Promise<{ kind: string }>((resolve) => {
    client.watch(prefix, '1', { created: () => {}, event: () => {}, ended: resolve })
  })
  assert.equal(end.kind, 'failed')
})

test('what an engine says is cut, and shown without what is not printable', () => {
  const { message } = troubleOfRefusal({ status: 400, code: 3, words: 'x'.repeat(200) })
  assert.equal(message.length < 300, true)
})

function serverPair(): { cert: Buffer; key: Buffer } {
  const { cert, key } = node.certificates.server
  return { cert: readFileSync(cert), key: readFileSync(key) }
}

async function serve(
  t: TestContext,
  server: Server | ReturnType<typeof createHttpServer>,
  address = '127.0.0.1',
): Promise<string> {
  await once(server.listen(0, address), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return address === '127.0.0.1' ? `https://localhost:${port}` : `https://${address}:${port}`
}
