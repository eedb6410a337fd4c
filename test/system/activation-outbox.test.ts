/** An [[outbox]] on a socket that systemd made and keeps: a restart refuses nobody, and loses nothing. */
import assert from 'node:assert/strict'
import { closeSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHome, type Home, runClient, startDaemon } from '../support/daemon.ts'
import { openListeningSocket } from '../support/unix-socket.ts'

const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'
const outbox = '[[outbox]]\naccount = "user@example.com"\naliases = { root = "me@example.org" }\n'

async function prepare(t: TestContext): Promise<{ home: Home; path: string; fd: number }> {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(`${account}${outbox}`)
  const directory = join(home.directory, 'made')
  mkdirSync(directory, { mode: 0o755 })
  const path = join(directory, 'outbox.sock')
  const fd = openListeningSocket(path)
  t.after(() => closeSync(fd))
  home.env['CMS_OUTBOX'] = path
  return { home, path, fd }
}

function waiting({ stateDirectory }: Home): number {
  return readdirSync(join(stateDirectory, 'outbox', 'outbox', 'new')).length
}

test('its name finds it, who sends before the daemon runs waits, and the socket outlives daemons', async (t) => {
  const { home, path, fd } = await prepare(t)
  const { ino } = lstatSync(path)
  const names = { LISTEN_FDNAMES: 'outbox' }
  let sent = 0
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    const early = runClient(home, ['sendmail', 'root'], 'Subject: early\n\n')
    const daemon = await startDaemon(home, names, [fd])
    const late = runClient(home, ['sendmail', 'root'], 'Subject: late\n\n')
    for (const { status, stderr } of await Promise.all([early, late])) {
      assert.deepEqual([status, stderr], [0, ''])
    }
    sent += 2
    assert.equal(waiting(home), sent)
    await daemon.stop(signal)
    assert.equal(lstatSync(path).ino, ino)
  }
  // The one that the configuration would make is not made.
  assert.equal(existsSync(join(home.directory, 'run', 'cms-oauth', 'outbox.sock')), false)
})

test('a reload keeps it, also one that takes the [[outbox]] away and adds it again', async (t) => {
  const { home, path, fd } = await prepare(t)
  const daemon = await startDaemon(home, { LISTEN_FDNAMES: 'outbox' }, [fd])
  t.after(() => daemon.stop())
  const { ino } = lstatSync(path)
  await home.configure(account)
  await daemon.control.reload()
  const unused = await daemon.logged(({ event }) => event === 'socket.unused')
  assert.equal(unused['path'], path)
  const meanwhile = runClient(home, ['sendmail', 'root'], 'Subject: meanwhile\n\n')
  await home.configure(`${account}${outbox}`)
  await daemon.control.reload()
  assert.equal((await meanwhile).status, 0)
  assert.equal(lstatSync(path).ino, ino)
  const { outboxes } = await daemon.control.accounts()
  assert.equal(outboxes?.[0]?.path, path)
})

test('doctor checks the socket that systemd made', async (t) => {
  const { home, path, fd } = await prepare(t)
  const daemon = await startDaemon(home, { LISTEN_FDNAMES: 'outbox' }, [fd])
  t.after(() => daemon.stop())
  const { stdout } = await runClient(home, ['doctor'])
  assert.ok(stdout.includes(`${path}: mode 0`), stdout)
  assert.match(stdout, /^ok +outbox .*me@example\.org$/m)
})
