/** Programs that speak SMTP to an outbox: what each sends arrives once, at whom it named, by each API. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findFreePorts } from '../support/free-ports.ts'
import { LineClient } from '../support/line-client.ts'
import { type ListeningOutbox, startListeningOutbox } from '../support/listening-outbox.ts'
import { listeningPrograms, me } from '../support/listening-programs.ts'
import { runClient } from '../support/daemon.ts'
import { statusOnce } from '../support/status-once.ts'

const listed = (text: string) => text.split('\r\n').map((line) => line.slice(4))

for (const via of ['gmail-api', 'graph'] as const) {
  describe(`by ${via}`, () => {
    let outbox: ListeningOutbox
    let port = 0

    before(async () => {
      ;[port = 0] = await findFreePorts(1)
      outbox = await startListeningOutbox(via, [
        `listen = "127.0.0.1:${port}"`,
        'caller = ["password", "peer"]',
        `aliases = { root = "${me}" }`,
        'recipients = ["@example.org"]',
        'per_hour = 1000',
      ])
    })
    after(() => outbox.close())

    for (const [name, { recipients, run }] of Object.entries(listeningPrograms)) {
      test(`the mail of ${name} arrives`, async () => {
        const { world, password, api } = outbox
        const before = api.sent.length
        const login = { port, user: world.user, password }
        const isTaken = api.taken(before + 1)
        const { status, stderr } = await run(world.home, login, isTaken)
        assert.equal(status, 0, stderr)
        const sent = await outbox.sentAfter(before)
        assert.deepEqual(
          sent.map((each) => [each.user, each.recipients.toSorted()]),
          [[world.user, [...recipients]]],
        )
      })
    }

    test('who shows a wrong password is refused, and so is who may not be written to', async () => {
      const client = new LineClient({ port, host: '127.0.0.1' })
      await client.say('')
      const wrong = Buffer.from('\0user@example.com\0wrong').toString('base64')
      assert.match(await client.say(`AUTH PLAIN ${wrong}\r\n`), /^535 /)
      await client.say('MAIL FROM:<a@x.org>\r\n')
      assert.match(await client.say('RCPT TO:<a@elsewhere.org>\r\n'), /^550 5\.7\.1 /)
      assert.match(await client.say('RCPT TO:<no-such-name>\r\n'), /^550 5\.1\.1 /)
      client.socket.destroy()
    })

    test('EHLO says the same before and after a login', async () => {
      const client = new LineClient({ port, host: '127.0.0.1' })
      await client.say('')
      const before = await client.say('EHLO c\r\n', /^250 [^\n]*\n/m)
      await client.say('MAIL FROM:<a@x.org>\r\n')
      const after = await client.say('EHLO c\r\n', /^250 [^\n]*\n/m)
      assert.deepEqual(
        listed(before).filter((line) => !line.startsWith('AUTH ')),
        listed(after),
      )
      client.socket.destroy()
    })
  })
}

test('mailq shows what came by SMTP as it shows the rest', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const outbox = await startListeningOutbox('graph', [
    `listen = "127.0.0.1:${port}"`,
    `aliases = { root = "${me}" }`,
  ])
  t.after(() => outbox.close())
  const { world, password, api } = outbox
  api.trouble(...Array.from({ length: 20 }, () => ({ status: 503 })))
  const { run } = listeningPrograms['swaks'] ?? {}
  assert.ok(run)
  const login = { port, user: world.user, password }
  const only = await run({ ...world.home }, login, Promise.resolve())
  // Only the aliases may be written to here, and swaks goes on with who is left.
  assert.equal(only.status, 0, only.stderr)
  await api.asked(1)
  const { stdout } = await runClient(world.home, ['sendmail', '-bp'])
  assert.match(stdout, /^\S+ {2}\d+ B {2}\d+ s {2}program$/m)
  assert.match(stdout, /^ {4}me@example\.org$/m)
  await statusOnce(world.home, /^outbox "outbox" of [^ ]+: 1 message waits/m)
})
