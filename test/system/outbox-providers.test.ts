/** Mail of this machine, from sendmail to the provider, with the real daemon and all of its processes. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { ask } from '../daemon/socket/token-socket.ts'
import { runClient } from '../support/daemon.ts'
import { emptied, me, startApiStage, startStage, waitingIn } from '../support/outbox-stage.ts'
import type { SendingServer } from '../support/sending-server.ts'
import { startSubmissionServer } from '../support/submission-server.ts'
import { createWorld, signIn, type World } from '../support/world.ts'

function textOf(api: SendingServer): string {
  return api.sent.map(({ read }) => read.body).join('')
}

for (const via of ['graph', 'gmail-api'] as const) {
  test(`a notice is accepted, sent once by ${via}, and its entry is gone`, async (t) => {
    const { api, send, spool, world } = await startApiStage(t, via)
    assert.equal(await send(), 0)
    await api.taken(1)
    await emptied(spool)
    const [sent] = api.sent
    assert.deepEqual([sent?.user, sent?.recipients], [world.user, [me]])
    assert.match(textOf(api), /^All is well\.\r\n\.\r\ntwo lines/)
    assert.equal(api.requests.length, 1)
  })

  test(`a token that ${via} does not accept any more is renewed once`, async (t) => {
    const { api, send, spool, daemon } = await startApiStage(t, via)
    api.trouble({ status: 401 })
    assert.equal(await send(), 0)
    await api.taken(1)
    await emptied(spool)
    assert.equal(api.requests.length, 2)
    assert.notEqual(api.requests[0]?.token, api.requests[1]?.token)
    assert.equal(
      daemon.log.some(({ event }) => event === 'outbox.waits'),
      false,
    )
  })
}

test('a notice is accepted, sent once by SMTP, and its entry is gone', async (t) => {
  const world = await createWorld()
  const { provider } = world
  const strict = await startSubmissionServer({
    certificates: provider.certificates,
    introspect: (token) => provider.introspect(token),
    isStrict: true,
  })
  t.after(() => strict.close())
  const host = `via = "smtp"\nhost = "localhost:${strict.port}/starttls"`
  const { send, spool } = await startStage(t, 'oidc', world, host)
  assert.equal(await send(), 0)
  await emptied(spool)
  const envelopes = strict.messages.map(({ from, to }) => [from, to])
  assert.deepEqual(envelopes, [[world.user, [me]]])
})

/** What the command of [notify] was told. */
function heardIn({ home }: World): string {
  return join(home.directory, 'notices')
}

function notifyToml(world: World): string {
  const command = ['/bin/sh', '-c', `echo "$CMS_OAUTH_EVENT" >> ${heardIn(world)}`]
  return `[notify]\ncommand = ${JSON.stringify(command)}\n`
}

test('without a sign-in mail is kept, told of once, and sent after the next one', async (t) => {
  const { api, send, spool, daemon, world } = await startApiStage(t, 'graph', notifyToml)
  const logout = await runClient(world.home, ['logout', world.user])
  assert.equal(logout.status, 0, logout.stderr)
  assert.deepEqual([await send(), await send()], [0, 0])
  await daemon.logged(({ event }) => event === 'outbox.waits')
  const told = () => linesOf(heardIn(world))
  while (!told().includes('outbox_stuck')) await delay(20)
  assert.equal(waitingIn(spool).length, 2)
  assert.equal((await signIn(world, daemon)).event, 'completed')
  await api.taken(2)
  await emptied(spool)
  assert.equal(api.sent.length, 2)
  assert.equal(told().filter((event) => event === 'outbox_stuck').length, 1)
})

/** Of a file that may not be there yet. */
function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
}

test('no program sees a token of the account, neither sendmail nor who asks a token socket', async (t) => {
  const { api, send, world } = await startApiStage(t, 'graph')
  const passed: Buffer[] = []
  const path = join(world.home.directory, 'recorded.sock')
  const outbox = join(world.home.directory, 'run', 'cms-oauth', 'outbox.sock')
  const recorder = createServer((client) => {
    const server = connect(outbox)
    client.on('data', (bytes: Buffer) => passed.push(bytes))
    server.on('data', (bytes: Buffer) => passed.push(bytes))
    for (const socket of [client, server]) socket.on('error', () => {})
    client.pipe(server).pipe(client)
  })
  t.after(() => recorder.close())
  await once(recorder.listen(path), 'listening')
  assert.equal(await send({ env: { CMS_OUTBOX: path } }), 0)
  await api.taken(1)
  const token = api.requests[0]?.token ?? ''
  assert.ok(token.length > 20)
  const seen = Buffer.concat(passed).toString('latin1')
  assert.match(seen, /All is well/)
  assert.ok(!seen.includes(token))
  for (const protocol of ['SEND', 'SMTP', 'IMAP', 'POP']) {
    assert.equal(await ask(world.home.tokenSocket, `${protocol},token ${world.user}`), '')
  }
})
