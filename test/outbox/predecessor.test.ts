/** What the process of an outbox does for the one after it, once its daemon was killed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesIn, mail, messages, world } from './outbox-world.ts'

test('what the process before stores after this one has read the spool is sent too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const made = await world(t)
  const late = made.connect()
  late.socket.write('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n')
  // Once this one is answered the other is connected.
  const early = (await made.submit(mail)).body['id'] as string
  made.process.close(() => {})
  await made.start(t)

  const head = { id: 's2', program: 'sendmail', arguments: ['root'], size: mail.length }
  const body = `${JSON.stringify(head)}\n${mail}`
  const said = await late.say(`Content-Length: ${body.length}\r\n\r\n${body}`, /200 OK[^]*\}/)
  const { id } = JSON.parse(said.slice(said.indexOf('{'))) as { id: string }
  const known = async () => (await messages(made)).map((message) => message.id)
  assert.deepEqual(await known(), [early])

  t.mock.timers.tick(10_000)
  assert.deepEqual(await known(), [early, id])
  assert.deepEqual(filesIn(made, 'new').toSorted(), [early, id])
  // Whoever asks again hears the same.
  assert.equal((await made.submit(mail, { id: 's2' })).body['id'], id)
  t.mock.timers.tick(60_000)
  assert.deepEqual(await known(), [early, id])
})
