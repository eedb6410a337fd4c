/** What people hear of an outbox: by [notify], by mail to notice_to, in `status` and in the log. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { runClient, startDaemon } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { emptied, me, type Stage, startApiStage } from '../support/outbox-stage.ts'
import type { World } from '../support/world.ts'
import { statusOnce } from '../support/status-once.ts'

const denied = {
  status: 403,
  body: { error: { code: 'ErrorAccessDenied', message: 'Access is denied.' } },
}
const invalid = {
  status: 400,
  body: { error: { code: 'ErrorMimeContentInvalid', message: 'The MIME content is invalid.' } },
}

/** A [notify] whose command writes down what it is told. */
function notifyToml({ home }: World): string {
  const told = '$CMS_OAUTH_EVENT $CMS_OAUTH_USER $CMS_OAUTH_MESSAGE'
  const command = ['/bin/sh', '-c', `echo "${told}" >> ${join(home.directory, 'notices')}`]
  return `[notify]\ncommand = ${JSON.stringify(command)}\n`
}

/** What it was told, a line each. */
function heard({ home }: World): string[] {
  const path = join(home.directory, 'notices')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}

/** Resolves with the only line of an event. */
async function hearing({ world }: Stage, event: string): Promise<string> {
  const lines = () => heard(world).filter((line) => line.startsWith(`${event} `))
  while (lines().length === 0) await delay(20)
  const [line = '', ...more] = lines()
  assert.deepEqual(more, [])
  return line
}

test('mail that a person must act for is told once, seen in status, and told when it is over', async (t) => {
  const stage = await startApiStage(t, 'graph', notifyToml)
  const { api, send, spool, world } = stage
  const client = (...args: string[]) => runClient(world.home, args)
  api.trouble(denied, denied)
  assert.deepEqual([await send(), await send()], [0, 0])
  const stuck = await hearing(stage, 'outbox_stuck')
  assert.match(stuck, new RegExp(`^outbox_stuck ${world.user} outbox "outbox": .*Mail\\.Send`))
  const status = await statusOnce(world.home, /: 2 messages wait\b/)
  const [ofAccount, ofOutbox] = ['', 'outbox "outbox"'].map((start) => {
    return status.split('\n').find((line) => new RegExp(`^${start}.*${world.user}: `).test(line))
  })
  const [age] = /less than a minute|\d+ min/.exec(status) ?? []
  assertSentence(ofOutbox, 'an outbox that waits', {
    user: world.user,
    messages: '2 messages',
    age,
  })
  assertSentence(ofAccount, 'an account that only sends', { user: world.user, via: 'graph' })
  assert.match((await client('sendmail', '-bp')).stdout, /waits: /)
  // Tried again by hand, with the trouble still there: nobody hears of it a second time.
  assert.equal((await client('outbox', 'retry')).status, 0)
  await api.asked(2)
  assert.equal((await client('outbox', 'retry')).status, 0)
  await emptied(spool)
  const recovered = await hearing(stage, 'outbox_recovered')
  assertSentence(recovered, 'an outbox that sends again', { user: world.user })
  await hearing(stage, 'outbox_stuck')
  await statusOnce(world.home, /: no messages wait$/m)
})

test('what can never be sent is kept, told by [notify], and by a mail to notice_to', async (t) => {
  const keys = 'notice_to = "admin@example.org"'
  const stage = await startApiStage(t, 'graph', notifyToml, `${keys}\n`)
  const { api, send, spool, world } = stage
  api.trouble(invalid)
  assert.equal(await send(), 0)
  await api.taken(1)
  await emptied(spool)
  const [notice] = api.sent
  assert.deepEqual(notice?.recipients, ['admin@example.org'])
  const text = notice.bytes.toString().replaceAll('=\r\n', '')
  for (const part of ['root', 'backup', 'All is well.', me, 'The MIME content is invalid.']) {
    assert.ok(text.includes(part), text)
  }
  const line = await hearing(stage, 'message_given_up')
  assert.match(line, new RegExp(`^message_given_up ${world.user} outbox "outbox": `))
  const [id = ''] = readdirSync(join(spool, 'failed'))
  const shown = await runClient(world.home, ['outbox', 'show', id])
  assert.match(shown.stdout, /^state: +failed$/m)
  // Tried again by hand it goes out, and nothing is left of it.
  assert.equal((await runClient(world.home, ['outbox', 'retry', id])).status, 0)
  await api.taken(2)
  assert.deepEqual(api.sent[1]?.recipients, [me])
})

test('a notice that cannot be sent either is told of in the log, and by no further notice', async (t) => {
  const stage = await startApiStage(t, 'graph', notifyToml)
  const { api, send, spool, daemon } = stage
  api.trouble(invalid, invalid)
  assert.equal(await send(), 0)
  await api.asked(2)
  await emptied(spool)
  const abandoned = () => daemon.log.filter(({ event }) => event === 'outbox.abandoned')
  while (abandoned().length < 2) await delay(20)
  assert.equal(api.sent.length, 0)
  assert.equal(api.requests.length, 2)
})

test('what was tried for too long is abandoned, and told with the last reason', async (t) => {
  const stage = await startApiStage(t, 'graph', notifyToml, 'keep_trying = "1d"\n')
  const { api, send, world, spool } = stage
  const busy = { status: 503 }
  api.trouble(busy, busy)
  assert.equal(await send(), 0)
  await stage.daemon.logged(({ event }) => event === 'outbox.waits')
  await stage.daemon.stop()
  const [id = ''] = readdirSync(join(spool, 'new'))
  const path = join(spool, 'state', id)
  const state = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({ ...state, triedMs: 2 * 86_400_000 }))
  stage.daemon = await startDaemon(world.home)
  const line = await hearing(stage, 'message_given_up')
  assertSentence(line, 'a message that is abandoned', { user: world.user, reason: '503' })
  await runClient(world.home, ['outbox', 'retry'])
  await api.taken(1)
  assert.deepEqual(api.sent[0]?.recipients, [me])
  const notice = api.sent[0]?.bytes.toString().replaceAll('=\r\n', '').split('\r\n')
  const reason = notice?.find((text) => text.includes('503'))
  assertSentence(reason, 'why a message is abandoned', { reason: '503' })
  const { stdout } = await runClient(world.home, ['outbox'])
  assert.match(stdout, new RegExp(` not sent: [^]* hint: [^]*${id}`))
})
