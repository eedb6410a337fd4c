import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { mock, test } from 'node:test'
import { beginTls, createMailTls } from '../../../src/mail/connection/verified-tls.ts'

const tls = createMailTls([])

for (const [what, plain] of [
  ['a connection of its own', () => ({})],
  ['a connection that was in plain text', () => ({ plain: new Socket() })],
] as const) {
  test(`what is sent by ${what} waits for no acknowledgement`, () => {
    const told = mock.method(Socket.prototype, 'setNoDelay', function (this: Socket) {
      return this
    })
    const server = { host: '127.0.0.1', port: 1, isImplicitTls: true }
    const socket = beginTls(server, tls, plain()).on('error', () => {})
    assert.ok(told.mock.calls.some((call) => call.this === socket))
    socket.destroy()
    told.mock.restore()
  })
}
