/** A token for something else than mail, by the sign-in of the mailbox: a sign-in, sockets, refreshes, a restart. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask as askSocket } from '../daemon/socket/token-socket.ts'
import { runClient, type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { accountToml, createWorld, signIn, type World } from '../support/world.ts'

const scope = 'https://graph.microsoft.com/Mail.Send'
let world: World
let daemon: RunningDaemon

before(async () => {
  world = await createWorld()
  const resources = `resources = { GRAPH = ["${scope}"] }\n`
  const socket = '[[socket]]\nprotocols = ["SMTP", "GRAPH"]\n'
  await world.home.configure(`${accountToml(world)}${resources}${socket}`)
  daemon = await startDaemon(world.home)
})

after(async () => {
  await daemon.stop()
  await world.close()
})

const ask = (request: string) => askSocket(world.home.tokenSocket, request)

async function statusOf(user: string) {
  const { accounts } = await daemon.control.accounts()
  return accounts.find((account) => account.user === user) ?? assert.fail(user)
}

test('one sign-in asks for both, and each token is for its own scopes', async () => {
  const { user } = world
  assert.equal((await signIn(world, daemon)).event, 'completed')
  await daemon.logged(
    ({ event, user: whose }) => event === 'token.refreshed' && whose === `GRAPH:${user}`,
  )
  const [mail, graph] = [await ask(`SMTP,token ${user}`), await ask(`GRAPH,token ${user}`)]
  assert.notEqual(mail, graph)
  for (const token of [mail, graph]) assert.equal(await world.provider.introspect(token), user)
  assert.ok((await statusOf(`GRAPH:${user}`)).granted_scopes?.includes(scope))
})

test('the address asked for is that of the mailbox, in every format', async () => {
  const { user } = world
  const answer = JSON.parse(await ask(`GRAPH,json ${user}`)) as Record<string, unknown>
  const { account, user: identity, protocol, token_type: type } = answer
  assert.deepEqual([account, identity, protocol, type], [user, user, 'GRAPH', 'Bearer'])
  const token = await ask(`GRAPH,token ${user}`)
  assert.equal(await ask(`GRAPH,xoauth2 ${user}`), `user=${user}\x01auth=Bearer ${token}\x01\x01`)
  const { status, stdout } = await runClient(world.home, [
    `--user=${user}`,
    '--proto=GRAPH',
    '--output=token',
  ])
  assert.deepEqual([status, stdout], [0, `${token}\n`])
})

test('nothing else leads to it, and what is not configured is refused', async () => {
  const { user } = world
  for (const request of [`SMTP GRAPH:${user}`, `GRAPH GRAPH:${user}`, `IMAP ${user}`]) {
    assert.equal(await ask(request), '', request)
  }
  for (const request of [`OTHER,token ${user}`, `graph,token ${user}`, 'GRAPH,token x@y']) {
    assert.equal(await ask(request), '', request)
  }
})

test('status and doctor know it, and logout says whose sign-in it is', async () => {
  const { user, home } = world
  assert.match(
    (await runClient(home, ['status'])).stdout,
    /GRAPH:user@example\.com +office365 +active/,
  )
  for (const named of [[], [user]]) {
    const { stdout } = await runClient(home, ['doctor', ...named])
    assert.match(stdout.replaceAll(/\s+/g, ' '), /GRAPH:user@example\.com: for GRAPH/)
    assert.match((await runClient(home, ['status', ...named])).stdout, /^GRAPH:/m)
  }
  const { stdout } = await runClient(home, ['status', `GRAPH:${user}`])
  assert.doesNotMatch(stdout, /^user@/m)
  const { status } = await runClient(home, ['logout', `GRAPH:${user}`])
  assert.equal(status, 64)
})

test('a refresh of one costs the other nothing, nor does a restart', async () => {
  const { user } = world
  for (const each of [`GRAPH:${user}`, user, `GRAPH:${user}`]) await daemon.control.refresh(each)
  assert.ok((await statusOf(`GRAPH:${user}`)).granted_scopes?.includes(scope))
  assert.ok((await statusOf(user)).granted_scopes?.includes(scope) === false)
  await daemon.stop()
  daemon = await startDaemon(world.home)
  for (const name of ['GRAPH', 'SMTP']) {
    assert.equal(await world.provider.introspect(await ask(`${name},token ${user}`)), user)
  }
})
