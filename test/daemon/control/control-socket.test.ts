/** A control socket whose name is lost: opened again, once, and not by a daemon that stops. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ControlSocket } from '../../../src/daemon/control/control-socket.ts'
import { probeControlSocket } from '../../../src/daemon/control/probe.ts'
import { LazyHttpServer } from '../../../src/unix-http/lazy-http-server.ts'
import { temporaryDirectory } from '../socket/token-socket.ts'

const http = () => createServer((_, response) => response.end('{}'))

async function open(t: TestContext) {
  const path = join(temporaryDirectory(t), 'control.sock')
  const servers: LazyHttpServer[] = []
  const create = () => {
    const server = new LazyHttpServer(http, { mostConnections: 10 })
    servers.push(server)
    return server
  }
  const control = new ControlSocket(create, [])
  await control.listen(path)
  t.after(() => control.close())
  return { control, path, servers }
}

test('it is there again where its name was lost, and who is connected goes on', async (t) => {
  const { control, path, servers } = await open(t)
  const client = connect(path)
  await once(client, 'connect')
  unlinkSync(path)
  assert.deepEqual(await control.lost(), [path])
  await control.restore()
  assert.deepEqual(await control.lost(), [])
  await control.restore()
  assert.equal(servers.length, 2)
  client.end('GET / HTTP/1.0\r\n\r\n')
  const [answer] = (await once(client, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 200 /)
})

test('tries that fail leave nothing, and the next one finds the place free', async (t) => {
  const { control, path, servers } = await open(t)
  unlinkSync(path)
  const other = createServer()
  other.listen(path)
  await once(other, 'listening')
  for (const _ of ['now', 'later']) {
    await assert.rejects(control.restore(), { code: 'store_locked' })
    assert.deepEqual(await control.lost(), [path])
  }
  other.close()
  await once(other, 'close')
  await control.restore()
  assert.deepEqual(
    servers.map(({ listening }) => listening),
    [false, false, false, true],
  )
})

for (const [when, restoring] of Object.entries({
  before: (control: ControlSocket) => control.restore(),
  after: async () => {},
})) {
  test(`a daemon that stops leaves no socket, whether it restores it ${when} or not`, async (t) => {
    const { control, path, servers } = await open(t)
    unlinkSync(path)
    const restored = restoring(control).catch((error: unknown) => error)
    await control.close()
    await restored
    await assert.rejects(control.restore(), { code: 'daemon_unreachable' })
    assert.equal(existsSync(path), false)
    assert.deepEqual(
      servers.map(({ listening }) => listening),
      servers.map(() => false),
    )
    await assert.rejects(probeControlSocket(path, 20))
  })
}
