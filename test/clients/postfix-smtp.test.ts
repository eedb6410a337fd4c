/**
 * The example main.cf in the real Postfix. Debian has no package of sasl-xoauth2: where a login is to
 * work, PLAIN takes the place of XOAUTH2; what Postfix makes of a refusal is the same.
 */
import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fillExample } from '../support/mail-client-world.ts'
import { type ScriptedMailServer, startScriptedMailServer } from '../support/mail-server.ts'
import { installedPostfix, type Postfix, startPostfix } from '../support/postfix.ts'
import { type ServerTrouble, serverTroubles } from '../support/server-troubles.ts'
import { startSubmissionServer, type SubmissionServer } from '../support/submission-server.ts'
import { createWorld, type World } from '../support/world.ts'

const introspect = () => Promise.resolve(undefined)

let world: World
let server: SubmissionServer

before(async () => {
  installedPostfix()
  world = await createWorld()
  await chmod(world.home.directory, 0o711)
  const { certificates } = world.provider
  await chmod(certificates.directory, 0o755)
  server = await startSubmissionServer({ certificates, introspect, passwords: { user: 'right' } })
  const refusals = await fillExample('postfix/login_refusals', {})
  await writeFile(join(world.home.directory, 'login_refusals'), refusals)
})

after(async () => {
  await server.close()
  await world.close()
})

beforeEach(() => {
  server.trouble = undefined
  server.messages.length = 0
})

/** Postfix with the example, filled in for a server of this machine. */
async function start(mechanism: string, port = server.port): Promise<Postfix> {
  const passwords = join(world.home.directory, 'sasl_passwd')
  await writeFile(passwords, `[localhost]:${port} user:right\n`)
  const text = await fillExample('postfix/main.cf', {
    '[smtp.office365.com]:587': `[localhost]:${port}`,
    '/etc/ssl/certs/ca-certificates.crt': world.provider.certificates.caFile,
    '/etc/postfix/sasl_passwd': passwords,
    '/etc/postfix/login_refusals': join(world.home.directory, 'login_refusals'),
    'filter = xoauth2': `filter = ${mechanism}`,
  })
  return startPostfix(`${text}\nsmtp_host_lookup = native\ninet_protocols = ipv4\n`, '')
}

/** Hands a message in; resolves with its identifier and what the log says of its first try. */
async function send(postfix: Postfix, name: string): Promise<{ id: string; line: string }> {
  const text = `Subject: hello\nMessage-ID: <${name}@test>\n\nfrom postfix\n`
  const { status, stderr } = await postfix.send(world.user, ['friend@example.org'], text)
  assert.equal(status, 0, stderr)
  const accepted = new RegExp(`: (\\w+): message-id=<${name}@test>`)
  const id = accepted.exec(await postfix.logged(accepted))?.[1] ?? ''
  const tried = new RegExp(`^.*${id}: to=.*status=.*$`, 'm')
  return { id, line: tried.exec(await postfix.logged(tried))?.[0] ?? '' }
}

const refusedSenders: Record<string, ServerTrouble> = {
  'takes nobody who is not logged in, at MAIL': {
    at: 'sender',
    says: '530 5.7.57 Client not authenticated to send mail',
  },
  'does not accept passwords, at MAIL': {
    at: 'sender',
    says: '550 5.7.30 Basic authentication is not supported for Client Submission',
  },
}

test('mail waits, whatever the server says to the login, and leaves when it takes it', async (t) => {
  const postfix = await start('plain')
  t.after(() => postfix.stop())
  const ids: string[] = []
  for (const [name, trouble] of Object.entries({ ...serverTroubles, ...refusedSenders })) {
    server.trouble = trouble
    const { id, line } = await send(postfix, `trouble-${ids.length}`)
    assert.match(line, /status=deferred/, name)
    ids.push(id)
  }
  server.trouble = undefined
  await postfix.flush()
  for (const id of ids) await postfix.logged(new RegExp(`${id}: to=.*status=sent`))
  assert.equal(server.messages.length, ids.length)
})

test('a sender that the server refuses after the login gets its mail back', async (t) => {
  const postfix = await start('plain')
  t.after(() => postfix.stop())
  server.trouble = { at: 'sender', says: '550 5.7.60 Client does not have permissions' }
  assert.match((await send(postfix, 'last-word')).line, /status=bounced .*550 5\.7\.60/)
})

for (const [name, mechanism] of [
  ['the plugin fails', 'xoauth2'],
  ['the server does not offer a mechanism that Postfix may use', 'gs2'],
] as const) {
  test(`mail waits while ${name}`, async (t) => {
    const postfix = await start(mechanism)
    t.after(() => postfix.stop())
    const { line } = await send(postfix, mechanism)
    assert.match(line, /status=deferred \(SASL authentication failed/)
    assert.deepEqual(server.messages, [])
  })
}

test('mail waits at a server without a login', async (t) => {
  const other = await startServerWithoutLogin()
  const postfix = await start('plain', other.port)
  t.after(async () => {
    await postfix.stop()
    await other.close()
  })
  assert.match((await send(postfix, 'no-login')).line, /status=deferred .*said: 530 /)
  assert.deepEqual(other.surprises, [])
})

function startServerWithoutLogin(): Promise<ScriptedMailServer> {
  return startScriptedMailServer({
    certificates: world.provider.certificates,
    steps: [
      { say: '220 localhost ESMTP\r\n' },
      { hear: /^EHLO / },
      { say: '250-localhost\r\n250 STARTTLS\r\n' },
      { hear: /^STARTTLS$/ },
      { say: '220 go ahead\r\n' },
      { tls: true },
      { hear: /^EHLO / },
      { say: '250 localhost\r\n' },
      { hear: /^MAIL / },
      { say: '530 5.7.57 Client not authenticated to send mail\r\n' },
      { hear: /^(RSET|QUIT)$/ },
      { say: '221 bye\r\n' },
      { end: true },
    ],
  })
}
