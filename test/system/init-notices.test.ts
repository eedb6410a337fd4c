/** The account that `init` makes for notices, by each API: what it writes and says to do, with servers in place of the provider's. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { testClientId, testClientSecret, testTenant } from '../support/authorization-server.ts'
import { runClient, startDaemon } from '../support/daemon.ts'
import { startGmailApi } from '../support/gmail-api.ts'
import { startGraphApi } from '../support/graph-api.ts'
import { createWorld, signIn, type World } from '../support/world.ts'

const me = 'me@example.org'

/** What each service is asked for, and the keys that lead to a provider of the test. */
const services = {
  gmail: {
    start: startGmailApi,
    answers: ['', `${testClientId}-post`, 'yes', testClientSecret],
    keys: ({ provider: { url } }: World) =>
      `authorization_endpoint = "${url}/o/oauth2/v2/auth"\ntoken_endpoint = "${url}/token"\nrevocation_endpoint = "${url}/revoke"\n`,
  },
  office365: {
    start: startGraphApi,
    answers: ['person', testClientId, 'yes', testTenant, 'yes'],
    keys: ({ provider: { url } }: World) => `authority = "${url}"\n`,
  },
}

for (const [service, { start, answers, keys }] of Object.entries(services)) {
  test(`${service}: who answers "notices" gets the permission to send, and the notice arrives`, async (t) => {
    const world = await createWorld()
    const { home, provider, user } = world
    const { certificates } = provider
    const api = await start({ certificates, introspect: (token) => provider.findToken(token) })
    t.after(() => Promise.all([api.close(), world.close()]))
    await mkdir(home.env['XDG_RUNTIME_DIR'] ?? '')
    const lines = [user, service, ...answers, 'notices', me, 'no'].map((answer) => `${answer}\n`)
    const { status, stdout, stderr } = await runClient(home, ['init'], lines.join(''))
    assert.deepEqual([status, stderr], [0, ''], stdout)
    const [, toDo = ''] = stdout.split('\nTo do:\n')
    const [login = '', send = ''] = toDo.split('\n\n')[0]?.trim().split(/\n +/).slice(-2) ?? []
    assert.match(login, new RegExp(`^\\S+ login ${user}$`))
    assert.match(send, /^echo test \| \S+ sendmail root$/)

    const written = await readFile(home.configFile, 'utf8')
    assert.doesNotMatch(written, /^\[\[socket\]\]$/m)
    await writeFile(
      home.configFile,
      written
        .replace(/^provider = .*\n/m, `$&${keys(world)}`)
        .replace(/^\[\[outbox\]\]\n/m, `$&api = "${api.origin}"\n`),
    )
    const daemon = await startDaemon(home)
    t.after(() => daemon.stop())
    assert.equal((await signIn(world, daemon)).event, 'completed')
    await promisify(execFile)('sh', ['-c', send], { env: home.env })
    await api.taken(1)
    assert.deepEqual(
      api.sent.map((sent) => [sent.user, sent.recipients]),
      [[user, [me]]],
    )
    assert.match(api.sent[0]?.read.body ?? '', /^test\r\n/)
  })
}
