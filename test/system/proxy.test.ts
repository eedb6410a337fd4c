/** The way out through a real forward proxy, for every shape of provider. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { expectedError } from '../support/golden.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, signIn, type World } from '../support/world.ts'

let world: World
let proxy: ChildProcess
let port: number

before(async () => {
  world = await createWorld()
  ;[port = 0] = await findFreePorts(1)
  const file = join(world.home.directory, 'tinyproxy.conf')
  await writeFile(
    file,
    `Port ${port}\nListen 127.0.0.1\nBasicAuth user pass\nLogFile "${logFile()}"\nLogLevel Connect\n`,
  )
  proxy = spawn(installedProgram('tinyproxy', 'tinyproxy-bin'), ['-d', '-c', file], {
    stdio: 'ignore',
  })
  while (!(await accepts(port))) assert.equal(proxy.exitCode, null, 'tinyproxy has exited')
})

after(async () => {
  proxy.kill()
  await world.close()
})

function logFile(): string {
  return join(world.home.directory, 'tinyproxy.log')
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function connectionsSeen(): Promise<number> {
  const log = await readFile(logFile(), 'utf8')
  return log.split('\n').filter((line) => line.includes(`CONNECT localhost:${world.provider.port}`))
    .length
}

for (const shape of ['office365', 'gmail', 'oidc'] as const) {
  test(`${shape}: sign-in and refresh go through the proxy`, async () => {
    const before = await connectionsSeen().catch(() => 0)
    await world.home.configure(accountToml(world, shape))
    const daemon = await startDaemon(world.home, {
      HTTPS_PROXY: `http://user:pass@127.0.0.1:${port}`,
      NO_PROXY: 'example.com',
    })
    try {
      assert.equal((await signIn(world, daemon)).event, 'completed')
      const signedIn = await connectionsSeen()
      assert.ok(signedIn > before)
      await daemon.control.refresh(world.user)
      assert.ok((await connectionsSeen()) > signedIn)
      await daemon.control.forgetGrant(world.user, false)
    } finally {
      await daemon.stop()
    }
  })
}

test('NO_PROXY leads past the proxy', async () => {
  const before = await connectionsSeen()
  await world.home.configure(accountToml(world))
  const daemon = await startDaemon(world.home, {
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    NO_PROXY: `localhost:${world.provider.port}`,
  })
  try {
    assert.equal((await signIn(world, daemon)).event, 'completed')
    assert.equal(await connectionsSeen(), before)
  } finally {
    await daemon.stop()
  }
})

test('a proxy that wants another password is named, its password is not', async () => {
  await world.home.configure(accountToml(world))
  const daemon = await startDaemon(world.home, {
    HTTPS_PROXY: `http://user:wrong-pass@127.0.0.1:${port}`,
  })
  try {
    const imported = daemon.control.importGrant(world.user, { refresh_token: 'one of elsewhere' })
    const proxy = `"127.0.0.1:${port}"`
    const names = { proxy, provider: `localhost:${world.provider.port}` }
    await assert.rejects(
      imported,
      expectedError('provider_unavailable', 'a proxy that wants another password', names),
    )
    assert.ok(!JSON.stringify(daemon.log).includes('wrong-pass'))
  } finally {
    await daemon.stop()
  }
})
