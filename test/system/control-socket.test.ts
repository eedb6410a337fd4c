/** The control socket of the real daemon, as a program without our client would use it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import type { BrokerEvent } from '../../src/messages/control-api.ts'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { type RunningDaemon, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

describe('the control socket', () => {
  let world: World
  let daemon: RunningDaemon

  before(async () => {
    world = await createWorld()
    daemon = await startSignedIn(world, accountToml(world))
  })

  after(async () => {
    await daemon.stop()
    await world.close()
  })

  const fetch = (method: string, path: string) =>
    new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
      request({ socketPath: world.home.controlSocket, method, path }, (response) => {
        const { statusCode: status } = response
        text(response).then(
          (body) => resolve({ status, body: JSON.parse(body) as unknown }),
          reject,
        )
      })
        .once('error', reject)
        .end()
    })

  test('belongs to the owner of the daemon alone', () => {
    const { mode, uid } = statSync(world.home.controlSocket)
    assert.equal(mode & 0o777, 0o600)
    assert.equal(uid, process.getuid?.())
  })

  test('lists the accounts for curl', async () => {
    const curl = installedProgram('curl', 'curl')
    const { status, stdout } = await runProgram(
      curl,
      ['-sS', '--unix-socket', world.home.controlSocket, 'http://localhost/v1/accounts'],
      world.home.env,
    )
    assert.equal(status, 0)
    const { accounts, pid } = JSON.parse(stdout) as { accounts: object[]; pid: number }
    assert.equal(pid, daemon.process.pid)
    const [account] = accounts as Record<string, unknown>[]
    assert.equal(account?.['user'], world.user)
    assert.equal(account?.['state'], 'active')
    assert.equal(account?.['error'], null)
  })

  test('shows a refresh among its events, and no token', async () => {
    const wanted = `SMTP,token ${world.user}`
    const token = (await askSocket(world.home.tokenSocket, wanted, 5_000)).toString()
    assert.notEqual(token, '')
    const asked = request({ socketPath: world.home.controlSocket, path: '/v1/events' }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const line = once(response.setEncoding('utf8'), 'data') as Promise<[string]>
    await daemon.control.refresh(world.user)
    const value = JSON.parse((await line)[0].split('\n')[0] ?? '') as Partial<BrokerEvent>
    assert.equal(value.event, 'token.refreshed')
    assert.equal(value.user, world.user)
    assert.equal(value.state, 'active')
    assert.match(value.fingerprint ?? '', /^[0-9a-f]+$/)
    assert.ok(!JSON.stringify(value).includes(token))
    asked.destroy()
  })

  test('answers what it does not know with an error in the words of the log', async () => {
    const unknown = await fetch('POST', '/v1/accounts/nobody%40example.com/refresh')
    assert.equal(unknown.status, 404)
    assert.equal((unknown.body as { error: string }).error, 'account_unknown')
    const strange = await fetch('GET', '/v2')
    assert.equal(strange.status, 400)
    assert.equal((strange.body as { error: string }).error, 'request_invalid')
  })
})
