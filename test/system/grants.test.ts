/** The real programs with accounts that need no sign-in, and with one sign-in for two mailboxes. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { testClientId, testTenant } from '../support/authorization-server.ts'
import {
  type ClientCertificateFiles,
  createClientCertificate,
} from '../support/client-certificate.ts'
import {
  createHome,
  type Home,
  type RunningDaemon,
  runClient,
  startDaemon,
} from '../support/daemon.ts'
import { decodeJwt } from '../support/decode-jwt.ts'
import { assertResult, assertSentence } from '../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'
import { createWorld, signIn, type World } from '../support/world.ts'

const user = 'user@example.com'

function ask(home: Home, address = user): Promise<string> {
  const connection = connect(home.tokenSocket)
  connection.end(`SMTP,token ${address}\n`)
  return text(connection)
}

function good(accessToken: string) {
  const body = { access_token: accessToken, token_type: 'Bearer', expires_in: 3_600 }
  return { status: 200, body }
}

describe('without a sign-in', () => {
  let server: ScriptedServer
  let home: Home
  let files: ClientCertificateFiles
  let daemon: RunningDaemon

  before(async () => {
    server = await startScriptedServer()
    home = await createHome(server.certificates.caFile)
    files = await createClientCertificate()
  })
  after(async () => {
    await server.close()
    files.remove()
    await home.remove()
  })

  const inHome = (name: string, content: string, mode = 0o600) => {
    const path = join(home.directory, name)
    writeFileSync(path, content)
    chmodSync(path, mode)
    return path
  }

  const microsoft = (proof: string) =>
    `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "app"\n` +
    `grant = "client_credentials"\ntenant = "contoso.com"\nauthority = "${server.url}"\n${proof}\n`

  /** The daemon with this configuration, which has fetched its first token automatically. */
  async function startServing(toml: string, token: string): Promise<void> {
    await home.configure(toml)
    server.received.length = 0
    server.answer(good(token))
    daemon = await startDaemon(home)
    await daemon.logged(({ event }) => event === 'token.refreshed')
    assert.equal(await ask(home), token)
  }

  const formOf = (index = -1) => server.received.at(index)?.form ?? assert.fail('nothing was sent')

  test('a secret is enough: active at once, nothing on disk, login and logout say so', async () => {
    const path = inHome('secret', 'first-secret\n')
    await startServing(microsoft(`client_secret_file = "${path}"`), 'token-by-secret')
    try {
      assert.equal(formOf().get('client_secret'), 'first-secret')
      const { accounts } = await daemon.control.accounts()
      const [status] = accounts
      assert.deepEqual(
        [status?.state, status?.grant, status?.signed_in_at, status?.action],
        ['active', 'client_credentials', null, ''],
      )
      server.answer(good('token-of-login'))
      const login = await runClient(home, ['login', user])
      const grant = 'client_credentials'
      assertResult(login, 0, 'login of an app says that no sign-in is needed', { user, grant })
      assert.equal(await ask(home), 'token-of-login')
      for (const command of ['logout', 'import']) {
        const refused = await runClient(home, [command, user], 'a-refresh-token')
        assert.equal(refused.stdout, '')
        assertResult(refused, 64, `${command} of an app is refused`, { user, grant })
      }
      assert.equal(await ask(home), 'token-of-login')
      assert.deepEqual(
        readdirSync(home.stateDirectory).filter((name) => !name.endsWith('.lock')),
        [],
        'no record',
      )
    } finally {
      await daemon.stop()
    }
  })

  test('a rotated secret is taken up without a restart, an open one refused until it is closed', async () => {
    const path = inHome('secret', 'first-secret\n')
    await startServing(microsoft(`client_secret_file = "${path}"`), 'token-1')
    try {
      inHome('secret', 'second-secret\n')
      server.answer(good('token-2'))
      assert.equal((await runClient(home, ['refresh', user])).status, 0)
      assert.equal(formOf().get('client_secret'), 'second-secret')
      inHome('secret', 'third-secret\n', 0o604)
      const sent = server.received.length
      const change = process.getuid?.() === 0 ? 'g-w,o=' : 'go='
      const refused = await runClient(home, ['refresh', user])
      const names = { path, change: `chmod ${change}` }
      assertResult(refused, 78, 'a client secret that others may open is refused', names)
      assert.equal(server.received.length, sent)
      assert.equal(await ask(home), 'token-2', 'what is there is served')
      chmodSync(path, 0o600)
      server.answer(good('token-3'))
      assert.equal((await runClient(home, ['refresh', user])).status, 0)
      assert.equal(await ask(home), 'token-3')
    } finally {
      await daemon.stop()
    }
  })

  test('a wrong secret is misconfigured, with what Microsoft says, and never a sign-in', async () => {
    await home.configure(microsoft('client_secret = "canary-secret"'))
    const error_description = 'AADSTS7000215: Invalid client secret provided. Trace ID: 1'
    const body = { error: 'invalid_client', error_description, error_codes: [7_000_215] }
    server.answer({ status: 401, body }, { status: 401, body })
    daemon = await startDaemon(home)
    try {
      await daemon.logged(({ event }) => event === 'token.refresh_failed')
      const login = await runClient(home, ['login', user])
      assert.equal(login.stdout, '')
      assertResult(login, 77, 'a wrong client secret', { user, code: 'AADSTS7000215' })
      const { accounts } = await daemon.control.accounts()
      assert.equal(accounts[0]?.state, 'misconfigured')
      assert.doesNotMatch(JSON.stringify([accounts, daemon.log]), /canary/)
    } finally {
      await daemon.stop()
    }
  })

  test('a certificate signs for each token', async () => {
    const proof = `client_certificate_file = "${files.certificateFile}"\nclient_key_file = "${files.keyFile}"`
    await startServing(microsoft(proof), 'token-by-certificate')
    try {
      const { claims } = decodeJwt(formOf().get('client_assertion') ?? '', files.certificate)
      assert.equal(claims['aud'], `${server.url}/contoso.com/oauth2/v2.0/token`)
      assert.equal(formOf().get('client_secret'), null)
    } finally {
      await daemon.stop()
    }
  })

  test('neither key nor assertion is in a log or a word, though the provider repeats what it was sent', async () => {
    const proof = `client_certificate_file = "${files.certificateFile}"\nclient_key_file = "${files.keyFile}"`
    await startServing(`${microsoft(proof)}[log]\nlevel = "debug"\n`, 'canary-token')
    try {
      const assertion = formOf().get('client_assertion') ?? ''
      const error_description = `not this one: ${assertion}`
      const answer = { status: 401, body: { error: 'invalid_client', error_description } }
      server.answer(answer, answer)
      const words = [
        await runClient(home, ['refresh', user]),
        await runClient(home, ['login', user]),
        await runClient(home, ['status', '--json']),
      ]
      assert.equal(words[0]?.status, 77)
      const told = JSON.stringify([words, daemon.log])
      // The header of an assertion is the same each time, the rest is not.
      const secrets = [assertion.slice(-60), 'canary-token', files.key.split('\n')[1] ?? '']
      for (const secret of secrets) assert.ok(secret !== '' && !told.includes(secret))
      assert.doesNotMatch(told, /eyJ[\w-]{30}/)
    } finally {
      await daemon.stop()
    }
  })

  test('a systemd credential is the key of a service account', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const key = { type: 'service_account', client_email: 'mail@p.example', private_key: pem }
    inHome('google-key', JSON.stringify(key), 0o400)
    home.env['CREDENTIALS_DIRECTORY'] = home.directory
    const toml =
      `[[account]]\nuser = "${user}"\nprovider = "gmail"\ngrant = "service_account"\n` +
      `service_account_credential = "google-key"\ntoken_endpoint = "${server.url}/token"\n`
    await startServing(toml, 'token-of-service-account')
    try {
      const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
      const { claims } = decodeJwt(formOf().get('assertion') ?? '', publicPem)
      assert.deepEqual([claims['iss'], claims['sub']], ['mail@p.example', user])
      const login = await runClient(home, ['login', user])
      assert.equal(login.status, 75, 'the scripted server has no further answer')
    } finally {
      delete home.env['CREDENTIALS_DIRECTORY']
      await daemon.stop()
    }
  })

  test('a reload turns an account into one without a sign-in, and back', async () => {
    const path = inHome('secret', 'a-secret\n')
    const person = `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "app"\ntenant = "contoso.com"\nauthority = "${server.url}"\n`
    await home.configure(person)
    daemon = await startDaemon(home)
    try {
      const stateNow = async () => (await daemon.control.accounts()).accounts[0]?.state
      assert.equal(await stateNow(), 'signed_out')
      server.answer(good('token-after-reload'))
      await home.configure(microsoft(`client_secret_file = "${path}"`))
      assert.equal((await runClient(home, ['reload'])).status, 0)
      await daemon.logged(({ event }) => event === 'token.refreshed')
      assert.equal(await ask(home), 'token-after-reload')
      await home.configure(person)
      assert.equal((await runClient(home, ['reload'])).status, 0)
      assert.equal(await stateNow(), 'signed_out')
      assert.equal(await ask(home), '')
    } finally {
      await daemon.stop()
    }
  })
})

describe('one sign-in for two mailboxes', () => {
  const shared = 'shared@example.com'
  let world: World
  let daemon: RunningDaemon

  before(async () => {
    world = await createWorld()
    const account = (address: string, keys = '') =>
      `[[account]]\nuser = "${address}"\nprovider = "office365"\nclient_id = "${testClientId}"\n` +
      `tenant = "${testTenant}"\nauthority = "${world.provider.url}"\n${keys}\n`
    const socket = `[[socket]]\nprotocols = ["SMTP"]\n\n[[socket]]\npath = "${join(world.home.directory, 'imap.sock')}"\nprotocols = ["IMAP"]\naccounts = ["${shared}"]\n`
    const toml = `${account(user)}${account(shared, `sign_in_with = "${user}"\nsasl_user = { SMTP = "${user}" }`)}${socket}`
    await world.home.configure(toml)
    daemon = await startDaemon(world.home)
  })
  after(async () => {
    await daemon.stop()
    await world.close()
  })

  const statusOf = async (address: string) =>
    (await daemon.control.accounts()).accounts.find((account) => account.user === address) ??
    assert.fail()

  /** Resolves with the first refresh of the account after so many lines of the log. */
  const refreshed = (address: string, seen = 0) =>
    daemon.logged((line) => line.event === 'token.refreshed' && line['user'] === address, seen)

  test('before it, both wait for the one who signs in', async () => {
    for (const address of [user, shared]) {
      const { state, action } = await statusOf(address)
      assert.deepEqual([state, action], ['signed_out', `run "cms-oauth login ${user}"`])
    }
    assert.equal((await statusOf(shared)).sign_in_with, user)
  })

  test('one consent, asked for by the dependent account, makes both active', async () => {
    const events: string[] = []
    for await (const progress of daemon.control.signIn(shared, { method: 'browser' })) {
      events.push(progress.event)
      if (progress.event === 'sign_in_of') assert.equal(progress.user, user)
      // The page is that of the owner: a newer sign-in takes its place and is walked to the end.
      if (progress.event === 'url') break
    }
    assert.deepEqual(events, ['sign_in_of', 'url'])
    assert.equal((await signIn(world, daemon)).event, 'completed')
    await refreshed(shared)
    for (const address of [user, shared]) {
      assert.equal((await statusOf(address)).state, 'active')
      assert.equal(await world.provider.introspect(await ask(world.home, address)), user)
    }
    assert.notEqual(await ask(world.home, shared), await ask(world.home, user))
    const asked = (await statusOf(shared)).granted_scopes ?? []
    assert.ok(asked.includes('https://outlook.office.com/IMAP.AccessAsUser.All'))
  })

  test('rotation by one costs the other nothing, nor is a restart', async () => {
    for (const address of [shared, user, shared, user]) {
      const { status, stderr } = await runClient(world.home, ['refresh', address])
      assert.equal(status, 0, stderr)
    }
    assert.equal(await daemon.stop(), 0)
    daemon = await startDaemon(world.home)
    for (const address of [user, shared]) {
      await refreshed(address)
      assert.equal(await world.provider.introspect(await ask(world.home, address)), user)
    }
  })

  test('the table says whose sign-in it is', async () => {
    const { stdout } = await runClient(world.home, ['status'])
    const line = stdout.split('\n').find((each) => each.startsWith(`${shared}: `))
    assertSentence(line, 'the table says whose sign-in it is', { shared, user })
  })

  test('the dependent has nothing to forget or import', async () => {
    for (const command of ['logout', 'import']) {
      const refused = await runClient(world.home, [command, shared], 'token')
      assert.equal(refused.stdout, '')
      const names = { shared, user, command: `cms-oauth ${command}` }
      assertResult(refused, 64, 'the dependent has nothing to forget or import', names)
    }
  })

  test('a sign-in that the provider revoked ends both, and a new one brings both back', async () => {
    await world.provider.revokeGrants(user)
    const seen = daemon.log.length
    for (const address of [shared, user]) {
      for (const expected of [77, 77]) {
        const { status } = await runClient(world.home, ['refresh', address])
        assert.equal(status, expected)
      }
      assert.equal((await statusOf(address)).state, 'sign_in_required')
    }
    assert.equal((await signIn(world, daemon)).event, 'completed')
    await refreshed(shared, seen)
    for (const address of [user, shared]) {
      assert.equal((await statusOf(address)).state, 'active')
      assert.equal(await world.provider.introspect(await ask(world.home, address)), user)
    }
  })

  test('a logout of the owner ends the service of both', async () => {
    const result = await runClient(world.home, ['logout', user, '--revoke'])
    assertResult(result, 0, 'a logout at a provider without revocation', { user })
    for (const address of [user, shared]) {
      assert.equal((await statusOf(address)).state, 'signed_out')
      assert.equal(await ask(world.home, address), '')
    }
  })
})
