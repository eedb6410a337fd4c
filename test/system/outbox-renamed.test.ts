/** An outbox that has another name after a reload, at the same socket. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runClient } from '../support/daemon.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

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
  const send = async (subject: string) => {
    const env = { ...world.home.env, CMS_OUTBOX: path }
    const result = await runClient(
      { ...world.home, env },
      ['sendmail', 'root'],
      `Subject: ${subject}\n\nx\n`,
    )
    assert.deepEqual(result, { status: 0, stdout: '', stderr: '' })
    while (!JSON.stringify(world.mail.messages).includes(subject)) {
      await delay(20)
    }
  }
  await send('before')
  await world.home.configure(tomlOf('two'))
  assert.equal((await runClient(world.home, ['reload'])).status, 0)
  await send('after')
  const spools = join(world.home.stateDirectory, 'outbox')
  assert.deepEqual(readdirSync(spools).toSorted(), ['one', 'two'])
  assert.deepEqual(readdirSync(join(spools, 'one', 'new')), [])
})
