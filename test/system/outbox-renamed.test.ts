/** An outbox that has another name after a reload, at the same socket. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type LogLine, runClient, startDaemon } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const isTold = (line: LogLine) =>
  line.event === 'outbox.stray' && String(line['path']).endsWith('/two')

test('what comes to an outbox that has another name by then is sent', async (t) => {
  const world = await createWorld()
  t.after(() => world.close())
  const path = join(world.home.directory, 'outbox.sock')
  const tomlOf = (name: string) =>
    `${accountToml(world)}[[outbox]]\nname = "${name}"\naccount = "${world.user}"\nvia = "smtp"\n` +
    `host = "localhost:${world.mail.port}"\npath = "${path}"\n` +
    `aliases = { root = "me@example.org" }\nretry = ["1s"]\n`
  const daemon = await startSignedIn(world, tomlOf('one'))
  t.after(() => daemon.stop())
  const hand = async (subject: string) => {
    const env = { ...world.home.env, CMS_OUTBOX: path }
    const text = `Subject: ${subject}\n\nx\n`
    const result = await runClient({ ...world.home, env }, ['sendmail', 'root'], text)
    assert.deepEqual(result, { status: 0, stdout: '', stderr: '' })
  }
  const send = async (subject: string) => {
    await hand(subject)
    while (!JSON.stringify(world.mail.messages).includes(subject)) await delay(20)
  }
  const reload = async (toml: string) => {
    await world.home.configure(toml)
    assert.equal((await runClient(world.home, ['reload'])).status, 0)
  }
  await send('before')
  await reload(tomlOf('one').replace(/^host = .*/m, 'host = "localhost:1"'))
  await hand('between')
  await reload(tomlOf('two'))
  const { reason, hint } = await daemon.logged(({ event }) => event === 'outbox.stray')
  assertSentence(`${String(reason)}; ${String(hint)}`, 'mail of an outbox that has another name')
  await send('after')
  // Whoever does as it says gets that mail.
  const other = tomlOf('one').replace(path, join(world.home.directory, 'other.sock'))
  await reload(`${tomlOf('two')}${other.slice(other.indexOf('[[outbox]]'))}`)
  while (!JSON.stringify(world.mail.messages).includes('between')) await delay(20)
  // The last one is gone, and with it every name.
  await reload(tomlOf('two').replace(/^host = .*/m, 'host = "localhost:1"'))
  await hand('last')
  await reload(accountToml(world))
  await daemon.logged(isTold)
  // Nor does a start without any pass over it, nor doctor.
  await daemon.stop()
  const next = await startDaemon(world.home)
  t.after(() => next.stop())
  await next.logged(isTold)
  const { stdout } = await runClient(world.home, ['doctor'])
  assert.ok(stdout.includes(join(world.home.stateDirectory, 'outbox', 'two')), stdout)
})
