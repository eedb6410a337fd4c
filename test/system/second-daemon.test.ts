/** A second daemon, with a store of its own, and the sockets of the first. */
import assert from 'node:assert/strict'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { createHome, type Home, runClient, runProgram, startDaemon } from '../support/daemon.ts'
import { assertResult, assertSentence } from '../support/golden.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

async function prepare(t: TestContext, toml = account): Promise<Home> {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(toml)
  return home
}

function namesIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path).toSorted() : []
}

async function answers(path: string): Promise<boolean> {
  const answer = await askSocket(path, 'SMTP,json user@example.com', 10_000)
  return answer.toString().includes('sign_in_required')
}

test('it refuses a token socket or a control socket that the first one serves, and takes nothing', async (t) => {
  const first = await prepare(t)
  const daemon = await startDaemon(first)
  t.after(() => daemon.stop())
  const { pid } = daemon.process
  for (const [path, toml] of [
    [first.tokenSocket, `${account}[[socket]]\npath = "${first.tokenSocket}"\n`],
    [first.controlSocket, `${account}[control]\npath = "${first.controlSocket}"\n`],
  ] as const) {
    const { ino } = lstatSync(path)
    const second = await prepare(t, toml)
    const { status, stdout, stderr } = await runProgram(program, [], second.env)
    assert.deepEqual({ status, stdout }, { status: 75, stdout: '' })
    assertSentence(stderr, 'a socket that the first one serves', { pid, path })
    assert.equal(lstatSync(path).ino, ino)
    assert.deepEqual(namesIn(dirname(second.tokenSocket)), [], 'its own are gone')
    assert.deepEqual(namesIn(dirname(path)), ['cms.sock', 'control.sock'])
  }
  assert.ok(await answers(first.tokenSocket))
  assert.equal((await daemon.control.accounts()).pid, pid)
})

test('a reload that wants such a socket is refused with 75, and all stays as it was', async (t) => {
  const first = await prepare(t)
  const daemon = await startDaemon(first)
  t.after(() => daemon.stop())
  const second = await prepare(t)
  const other = await startDaemon(second)
  t.after(() => other.stop())
  await second.configure(
    `${account}[[socket]]\n[[socket]]\npath = "${join(second.directory, 'new.sock')}"\n` +
      `[[socket]]\npath = "${first.tokenSocket}"\n`,
  )
  const names = { pid: daemon.process.pid, path: first.tokenSocket }
  assertResult(await runClient(second, ['reload']), 75, 'a reload that wants such a socket', names)
  assert.equal(existsSync(join(second.directory, 'new.sock')), false)
  assert.ok(await answers(first.tokenSocket))
  assert.ok(await answers(second.tokenSocket))
})

test('a daemon that was killed leaves nothing that keeps the next one off', async (t) => {
  const first = await prepare(t)
  const daemon = await startDaemon(first)
  assert.equal(await daemon.stop('SIGKILL'), null)
  assert.deepEqual(namesIn(dirname(first.tokenSocket)), ['cms.sock', 'control.sock'])
  const second = await prepare(t, `${account}[[socket]]\npath = "${first.tokenSocket}"\n`)
  const next = await startDaemon(second)
  assert.ok(await answers(first.tokenSocket))
  assert.equal(await next.stop(), 0)
  assert.deepEqual(namesIn(dirname(first.tokenSocket)), ['control.sock'])
})
