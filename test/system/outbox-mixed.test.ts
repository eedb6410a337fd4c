/** A mailbox of Office365 that mail programs use and an outbox sends with: one sign-in, and two tokens. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ask } from '../daemon/socket/token-socket.ts'
import { runClient } from '../support/daemon.ts'
import { startGraphApi } from '../support/graph-api.ts'
import { type ApiStage, emptied, me, startApiStage, waitingIn } from '../support/outbox-stage.ts'
import { accountToml, createWorld, signIn, startSignedIn, type World } from '../support/world.ts'

const graphScope = 'https://graph.microsoft.com/Mail.Send'
const mailScopes = ['SMTP.Send', 'IMAP.AccessAsUser.All'].map(
  (name) => `https://outlook.office.com/${name}`,
)

function socketToml({ user }: World): string {
  return `[[socket]]\naccounts = ["${user}"]\nprotocols = ["SMTP", "IMAP"]\n`
}

function tokenFile({ home }: World): string {
  return join(home.directory, 'token')
}

function programs(world: World): string {
  const file = `[[token_file]]\npath = "${tokenFile(world)}"\naccount = "${world.user}"\nprotocol = "SMTP"\nformat = "token"\n`
  return socketToml(world) + file
}

/** The scopes of a token that say what may be done with it. */
async function scopesOf({ provider }: World, token: string): Promise<string[]> {
  const found = await provider.findToken(token)
  return (found?.scopes ?? []).filter((scope) => scope.startsWith('https:')).toSorted()
}

function socketToken({ home, user }: World): Promise<string> {
  return ask(home.tokenSocket, `SMTP,token ${user}`)
}

async function statesIn({ daemon }: Pick<ApiStage, 'daemon'>): Promise<Record<string, string>> {
  const { accounts } = await daemon.control.accounts()
  return Object.fromEntries(accounts.map(({ user, state }) => [user, state]))
}

test('one sign-in has a token for mail programs and another for the outbox, and a refresh keeps both', async (t) => {
  const stage = await startApiStage(t, 'graph', programs)
  const { api, daemon, send, spool, world } = stage
  const sender = `outbox:${world.user}`
  assert.equal(await send(), 0)
  await api.taken(1)
  for (const user of [sender, world.user, sender]) await daemon.control.refresh(user)
  assert.equal(await send(), 0)
  await api.taken(2)
  await emptied(spool)
  assert.deepEqual(
    api.sent.map(({ user, recipients }) => [user, recipients]),
    Array.from({ length: 2 }, () => [world.user, [me]]),
  )
  for (const { token } of api.requests) {
    assert.deepEqual(await scopesOf(world, token), [graphScope])
  }
  assert.deepEqual(await scopesOf(world, await socketToken(world)), mailScopes.toSorted())
  assert.deepEqual(await statesIn(stage), { [world.user]: 'active', [sender]: 'active' })
})

test('by no socket, file or command of a program comes the token that sends', async (t) => {
  const { api, send, world } = await startApiStage(t, 'graph', programs)
  const { home, user } = world
  assert.equal(await send(), 0)
  await api.taken(1)
  const [{ token } = { token: '' }] = api.requests
  assert.ok(token.length > 20)
  const addresses = [user, `outbox:${user}`, `SEND:${user}`, `GRAPH:${user}`]
  const names = ['SMTP', 'IMAP', 'POP', 'SEND', 'GRAPH', 'outbox', 'OUTBOX']
  const answers: string[] = []
  for (const address of addresses) {
    for (const name of names) {
      answers.push(await ask(home.tokenSocket, `${name},token ${address}`))
      const { stdout, stderr } = await runClient(home, [
        `--user=${address}`,
        `--proto=${name}`,
        '--output=json',
      ])
      answers.push(stdout + stderr)
    }
  }
  answers.push(readFileSync(tokenFile(world), 'utf8'))
  answers.push((await runClient(home, ['status', '--json'])).stdout)
  assert.equal(answers.filter((answer) => answer.includes(token)).length, 0)
  const given = answers.filter((answer) => /^[\w-]{20,}\n?$/.test(answer))
  assert.equal(given.length, 3, 'SMTP and IMAP of the socket, and the file')
  for (const answer of given) {
    assert.deepEqual(await scopesOf(world, answer.trim()), mailScopes.toSorted())
  }
})

/** Signed in for mail programs alone, before the outbox was there. */
async function startOlderSignIn(t: TestContext) {
  const world = await createWorld()
  const { provider, home, user } = world
  const api = await startGraphApi({
    certificates: provider.certificates,
    introspect: (token) => provider.findToken(token),
  })
  t.after(() => api.close())
  const before = `${accountToml(world)}${socketToml(world)}`
  const daemon = await startSignedIn(world, before)
  t.after(async () => {
    await daemon.stop()
    await world.close()
  })
  const outbox = `[[outbox]]\naccount = "${user}"\napi = "${api.origin}"\naliases = { root = "${me}" }\n`
  await home.configure(before + outbox)
  assert.equal((await runClient(home, ['reload'])).status, 0)
  return { world, api, daemon, spool: join(home.stateDirectory, 'outbox', 'outbox') }
}

test('a sign-in from before the outbox serves programs on, and the outbox asks for a new one', async (t) => {
  const stage = await startOlderSignIn(t)
  const { world, api, daemon, spool } = stage
  const { home, user } = world
  const sender = `outbox:${user}`
  const { status } = await runClient(home, ['sendmail', 'root'], 'Subject: s\n\nAll is well.\n')
  assert.equal(status, 0)
  const { reason } = await daemon.logged(({ event }) => event === 'outbox.waits')
  assert.match(String(reason), /"outbox:user@example\.com".*AADSTS65001/)
  assert.equal(waitingIn(spool).length, 1)
  await assert.rejects(daemon.control.refresh(sender))
  const statuses = (await daemon.control.accounts()).accounts
  assert.match(statuses.find((each) => each.user === sender)?.action ?? '', /cms-oauth login/)
  const told = await runClient(home, ['doctor', user])
  assert.match(told.stdout, /^failure.*outbox:user@example\.com/m)
  assert.doesNotMatch(told.stdout, /^failure.* user@example\.com/m)
  await daemon.control.refresh(user)
  assert.deepEqual(await statesIn(stage), { [user]: 'active', [sender]: 'sign_in_required' })
  assert.deepEqual(await scopesOf(world, await socketToken(world)), mailScopes.toSorted())
  assert.equal((await signIn(world, daemon)).event, 'completed')
  await api.taken(1)
  await emptied(spool)
  assert.deepEqual(await statesIn(stage), { [user]: 'active', [sender]: 'active' })
})
