/** A provider that hangs costs an account a wait that ends, and the others nothing. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createHome, startDaemon } from '../support/daemon.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { assertSentence } from '../support/golden.ts'

const answerWithinMs = 400

const tokens = (name: string) => ({
  status: 200,
  body: { access_token: `access-${name}`, token_type: 'Bearer', expires_in: 3_600 },
})

test('a request that waits for a provider that hangs is refused at answer_within, while others are served', async (t) => {
  const server = await startScriptedServer()
  t.after(() => server.close())
  const home = await createHome(server.certificates.caFile)
  t.after(() => home.remove())
  const accounts = ['stuck', 'sound'].map(
    (name) =>
      `[[account]]\nuser = "${name}@example.com"\nprovider = "oidc"\nclient_id = "client"\n` +
      `authority = "${server.url}"\nscopes = ["mail"]\n`,
  )
  await home.configure(`${accounts.join('')}[refresh]\nanswer_within = "${answerWithinMs}ms"\n`)
  const ask = async (name: string) => {
    const connection = connect(home.tokenSocket)
    connection.end(`SMTP,json ${name}@example.com\n`)
    return JSON.parse(await text(connection)) as Record<string, string>
  }

  const first = await startDaemon(home)
  t.after(() => first.stop())
  server.answer(tokens('stuck'))
  await first.control.importGrant('stuck@example.com', { refresh_token: 'foreign' })
  assert.equal(await first.stop(), 0)

  // The new daemon has a grant and no token, and its first refresh hangs.
  server.answer({ hang: true })
  const { length } = server.received
  const daemon = await startDaemon(home)
  t.after(async () => {
    await server.hangUp()
    await daemon.stop()
  })
  while (server.received.length === length) await delay(10)
  const asked = performance.now()
  const refused = ask('stuck')
  server.answer(tokens('sound'))
  await daemon.control.importGrant('sound@example.com', { refresh_token: 'foreign' })
  assert.equal((await ask('sound'))['access_token'], 'access-sound')

  const { error, error_description: description } = await refused
  const tookMs = performance.now() - asked
  assert.equal(error, 'provider_unavailable')
  assertSentence(
    description,
    'a request that waits for a provider that hangs is refused at answer_within, while others are served',
    { user: 'stuck@example.com' },
  )
  assert.ok(tookMs >= answerWithinMs - 20, `${tookMs} ms`)
  // It was refused while the refresh went on, which is abandoned after 20 s.
  const { accounts: states } = await daemon.control.accounts()
  assert.deepEqual(
    states.map(({ state }) => state),
    ['refreshing', 'active'],
  )
  assert.equal(server.received.length, length + 2)
})
