/** The [notify] command of the real daemon, through the whole life of a sign-in. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fetchPage } from '../daemon/sign-in/open-sign-in.ts'
import { createHome, type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'
import { returnFromProvider } from '../support/scripted-world.ts'

const user = 'user@example.com'
const dayS = 24 * 60 * 60

interface Stage {
  daemon: RunningDaemon
  provider: ScriptedServer
  /** The environment of the next run of the command, past or to come. */
  notice: () => Promise<NodeJS.ProcessEnv>
}

const token = (fields: object = {}) => ({
  status: 200,
  body: { access_token: 'token', token_type: 'Bearer', expires_in: 3_600, ...fields },
})
const refusal = { status: 400, body: { error: 'invalid_grant', error_description: 'revoked' } }

async function start(t: TestContext, command?: (hears: string) => string[]): Promise<Stage> {
  const provider = await startScriptedServer()
  t.after(() => provider.close())
  const home = await createHome(provider.certificates.caFile)
  t.after(() => home.remove())
  const hears = join(home.directory, 'hears')
  const notices: Promise<string>[] = []
  const server = createServer((socket) => {
    notices.push(text(socket))
    // A command that still runs ends with its connection.
    t.after(() => socket.end())
  })
  t.after(() => server.close())
  await once(server.listen(hears), 'listening')
  const script = 'require("net").connect(process.argv[1]).end(JSON.stringify(process.env))'
  const argv = command?.(hears) ?? [process.execPath, '-e', script, hears]
  await home.configure(
    `[[account]]\nuser = "${user}"\nprovider = "oidc"\nclient_id = "id"\n` +
      `authority = "${provider.url}"\nscopes = ["mail"]\n` +
      `[notify]\ncommand = ${JSON.stringify(argv)}\n`,
  )
  const daemon = await startDaemon(home, { NOTIFY_SOCKET: '/nowhere' })
  t.after(() => daemon.stop())
  const notice = async () => {
    if (notices.length === 0) await once(server, 'connection')
    return JSON.parse((await notices.shift()) ?? '') as NodeJS.ProcessEnv
  }
  return { daemon, provider, notice }
}

function words(env: NodeJS.ProcessEnv) {
  const { CMS_OAUTH_EVENT, CMS_OAUTH_USER, CMS_OAUTH_MESSAGE, CMS_OAUTH_URL } = env
  return [CMS_OAUTH_EVENT, CMS_OAUTH_USER, CMS_OAUTH_MESSAGE, CMS_OAUTH_URL]
}

const recovered = ['recovered', user, `mail access of ${user} works again`, '']
const mustSignIn = `${user} must sign in again: run "cms-oauth login ${user}"`

test('the command hears that a sign-in expires soon, is needed, and that all is well again', async (t) => {
  const { daemon, provider, notice } = await start(t)
  const refreshTo = async (...answers: Parameters<ScriptedServer['answer']>) => {
    for (const answer of answers) {
      provider.answer(answer)
      await daemon.control.refresh(user).catch(() => {})
    }
  }

  provider.answer(token({ refresh_token_expires_in: 6 * dayS }))
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  const expiring = await notice()
  const day = /expires on (\d{4}-\d\d-\d\d):/.exec(expiring['CMS_OAUTH_MESSAGE'] ?? '')?.[1] ?? ''
  const distanceS = (Date.parse(day) - Date.now()) / 1_000
  assert.ok(distanceS > 4 * dayS && distanceS <= 6 * dayS, day)
  const message = `the sign-in of ${user} expires on ${day}: before that, run "cms-oauth login ${user}"`
  assert.deepEqual(words(expiring), ['sign_in_expiring', user, message, ''])
  assert.equal(expiring['NOTIFY_SOCKET'], undefined)
  assert.ok(!JSON.stringify(expiring).includes('foreign'))

  // One warning a day, none of an outage that the token outlives, one word per sign-in that is needed.
  await refreshTo({ status: 503 }, token({ refresh_token_expires_in: 6 * dayS }))
  await refreshTo(refusal, refusal, refusal)
  const required = words(await notice())
  assert.deepEqual(required.slice(0, 3), ['sign_in_required', user, mustSignIn])

  provider.answer(token({ refresh_token_expires_in: 8 * dayS }))
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  assert.deepEqual(words(await notice()), recovered)
})

test('the command hears what only the operator ends, over a reload, and its end', async (t) => {
  const { daemon, provider, notice } = await start(t)
  provider.answer(token())
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  const secretExpired = { error: 'invalid_client', error_description: 'the secret has expired' }
  provider.answer({ status: 401, body: secretExpired })
  await assert.rejects(daemon.control.refresh(user))
  const [event, whose, message = '', url] = words(await notice())
  assert.deepEqual([event, whose, url], ['action_required', user, ''])
  assertSentence(message, 'a secret that has expired', {
    user,
    said: secretExpired.error_description,
  })
  // The reload tries it again, without success; nobody is told twice.
  provider.answer({ status: 401, body: secretExpired })
  await daemon.control.reload()
  await daemon.loggedAll(({ event: name }) => name === 'token.refresh_failed', 2)
  provider.answer(token())
  await daemon.control.refresh(user)
  assert.deepEqual(words(await notice()), recovered)
})

/** Ends the sign-in, and gives the page that the command hears of. */
async function loseSignIn({ daemon, provider, notice }: Stage): Promise<string> {
  provider.answer(token())
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  for (let attempt = 0; attempt < 2; attempt++) {
    provider.answer(refusal)
    await assert.rejects(daemon.control.refresh(user))
  }
  const [event, , , url = ''] = words(await notice())
  assert.equal(event, 'sign_in_required')
  return url
}

/** Where the link of a page of ours leads to. */
async function followAction(url: string): Promise<string> {
  const { body } = await fetchPage(url)
  const path = /class="action"\s+href="([^"]+)"/.exec(body)?.[1] ?? assert.fail(body)
  const { location, body: page } = await fetchPage(new URL(path, url).href)
  return location ?? assert.fail(page)
}

test('the command hears of a page that starts the sign-in, and then that all is well', async (t) => {
  const stage = await start(t)
  const { daemon, provider, notice } = stage
  const url = await loseSignIn(stage)
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\//)
  const { length } = provider.received
  await fetchPage(url)
  await fetchPage(url)
  assert.equal(provider.received.length, length)
  assert.equal((await daemon.control.accounts()).accounts[0]?.state, 'sign_in_required')
  const page = await followAction(url)
  assert.equal((await daemon.control.accounts()).accounts[0]?.state, 'signing_in')
  assert.equal(await followAction(url), page)
  provider.answer(token({ refresh_token: 'new' }))
  const [, title] = /<h1[^>]*>([^<]*)</.exec(await returnFromProvider(page)) ?? []
  assertSentence(title, 'the page of success')
  assert.deepEqual(words(await notice()), recovered)
  await assert.rejects(fetchPage(url), { code: 'ECONNREFUSED' })
})

test('the page leads to the sign-in that is open already', async (t) => {
  const stage = await start(t)
  const url = await loseSignIn(stage)
  for await (const progress of stage.daemon.control.signIn(user, { method: 'browser' })) {
    if (progress.event !== 'url') continue
    assert.equal(await followAction(url), progress.url)
    break
  }
})

test('the page of an account that signs out is gone', async (t) => {
  const stage = await start(t)
  const url = await loseSignIn(stage)
  await stage.daemon.control.forgetGrant(user, false)
  await assert.rejects(fetchPage(url), { code: 'ECONNREFUSED' })
})

for (const [what, command] of [
  ['fails', () => ['sh', '-c', 'exit 1']],
  ['is missing', () => ['/nowhere/notify']],
] as const) {
  test(`a command that ${what} is logged and harms nothing`, async (t) => {
    const { daemon, provider } = await start(t, () => [...command()])
    provider.answer(token({ refresh_token_expires_in: dayS }))
    await daemon.control.importGrant(user, { refresh_token: 'foreign' })
    const { user: whose } = await daemon.logged(({ event }) => event === 'notify.failed')
    assert.equal(whose, user)
    const { accounts } = await daemon.control.accounts()
    assert.equal(accounts[0]?.state, 'active')
  })
}

test('a command that hangs delays neither tokens nor the end of the daemon', async (t) => {
  // It waits for the end of a connection that stays.
  const script = 'require("net").connect(process.argv[1]).resume()'
  const { daemon, provider } = await start(t, (hears) => [process.execPath, '-e', script, hears])
  provider.answer(token({ refresh_token_expires_in: dayS }), token())
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  await daemon.control.refresh(user)
  assert.equal(await daemon.stop(), 0)
})
