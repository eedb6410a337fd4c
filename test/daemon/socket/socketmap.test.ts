/** `reply = "socketmap"`: the lookups of a map, on a real socket. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { readNetstring } from '../../../src/daemon/socket/netstring.ts'
import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import type { ServedToken } from '../../../src/sasl/served-token.ts'
import { testAccount } from '../../support/accounts.ts'
import { defer } from '../sign-in/deferred.ts'
import { ask, open, openTokenServer, readAll, servedToken, turn, user } from './token-socket.ts'

const found = netstring(`OK ${user}:T0KEN`)

function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`
}

function openMap(t: TestContext, changes: Parameters<typeof openTokenServer>[1] = {}) {
  const { configuration, ...rest } = changes
  return openTokenServer(t, { ...rest, configuration: { reply: 'socketmap', ...configuration } })
}

test('an address has its token, whatever the map is called, and the log a line', async (t) => {
  const { path, log } = await openMap(t)
  for (const name of ['tokens', '', 'a/b:c']) {
    assert.equal(await ask(path, netstring(`${name} ${user}`)), found)
  }
  const [line] = log.lines
  assert.deepEqual(
    [line?.event, line?.fields.user, line?.fields.protocol],
    ['token.granted', user, 'SMTP'],
  )
})

test('the name before the token is the one for the login', async (t) => {
  const { path } = await openMap(t, { configuration: { protocols: ['IMAP'] } })
  assert.equal(await ask(path, netstring(`m ${user}`)), netstring('OK delegate@example.com:T0KEN'))
})

test('one connection asks as often as it likes, in one write or in many', async (t) => {
  const { path } = await openMap(t)
  const lookup = netstring(`m ${user}`)
  assert.equal(await ask(path, lookup.repeat(50)), found.repeat(50))
  const socket = await open(path)
  for (let round = 0; round < 3; round++) {
    for (const byte of lookup) {
      socket.write(byte)
      await turn()
    }
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.equal(answer.toString(), found)
  }
  socket.destroy()
})

test('what is not an address is not found, and is not a refusal', async (t) => {
  const { path, log } = await openMap(t)
  for (const key of ['[smtp.office365.com]:587', 'user', '@example.com ', '', ' ', 'a b@c']) {
    assert.equal(await ask(path, netstring(`m ${key}`)), netstring('NOTFOUND '), key)
  }
  assert.deepEqual(log.lines, [])
})

test('an address that the socket does not serve is not found, and the log says so', async (t) => {
  const { path, log } = await openMap(t)
  assert.equal(await ask(path, netstring('m other@example.com')), netstring('NOTFOUND '))
  assert.deepEqual(
    [log.lines[0]?.event, log.lines[0]?.fields.code],
    ['token.refused', 'account_unknown'],
  )
})

test('where there is no token now, the reason is temporary, printable, and short', async (t) => {
  const reasons: [Error, string][] = [
    [new SignInRequiredError(`no "${user}"`), `TEMP no "${user}"`],
    [new ProviderUnavailableError('caf\u00e9\n\u001b[31m'), 'TEMP caf???[31m'],
    [new ProviderUnavailableError('x'.repeat(2_000)), `TEMP ${'x'.repeat(400)}`],
  ]
  for (const [error, answer] of reasons) {
    const tokens = { serve: () => Promise.reject(error) }
    const { path } = await openMap(t, { tokens })
    assert.equal(await ask(path, netstring(`m ${user}`)), netstring(answer))
  }
})

test('an account that may only send has no token for anybody', async (t) => {
  const account = testAccount({ user, sendsBy: 'graph' })
  const { path } = await openMap(t, { accounts: { find: () => account, all: () => [account] } })
  assert.match(await ask(path, netstring(`m ${user}`)), /^\d+:TEMP [^,]+,$/)
})

test('what is not a netstring, or no lookup, or too long, closes without a byte', async (t) => {
  const { path, log } = await openMap(t)
  for (const bytes of [
    `SMTP ${user}\n`,
    netstring('word'),
    netstring(`m ${'x'.repeat(600)}`),
    '1:ab',
  ]) {
    assert.equal(await ask(path, bytes), '', bytes)
  }
  assert.deepEqual(
    new Set(log.lines.map(({ fields }) => fields.code)),
    new Set(['request_invalid']),
  )
})

test('a peer that "allow" does not list gets no byte, whatever it asks', async (t) => {
  const { path } = await openMap(t, { configuration: { allow: { users: ['nobody'], groups: [] } } })
  for (const lookup of [`m ${user}`, 'm other@example.com', 'm [host]', 'word']) {
    assert.equal(await ask(path, netstring(lookup)), '', lookup)
  }
})

test('the second lookup of a connection waits for the token of the first', async (t) => {
  const first = defer<ServedToken>()
  const { path } = await openMap(t, { tokens: { serve: () => first.promise } })
  const socket = await open(path)
  socket.end(netstring(`m ${user}`) + netstring('m word'))
  for (let turns = 0; turns < 20; turns++) await turn()
  assert.equal(socket.bytesRead, 0)
  first.resolve(servedToken)
  assert.equal(await readAll(socket), found + netstring('NOTFOUND '))
})

test('a client that is gone before its token has come costs no grant after that', async (t) => {
  const { path, server } = await openMap(t)
  const socket = await open(path)
  socket.end(`${netstring(`m ${user}`)}5:unfi`)
  assert.equal(await readAll(socket), found)
  await server.close()
})

test('a reload makes a socket a map, for those who connect from then on', async (t) => {
  const { path, server, configuration } = await openTokenServer(t)
  server.update({ ...configuration, reply: 'socketmap' })
  assert.equal(await ask(path, netstring(`m ${user}`)), found)
  server.update(configuration)
  assert.notEqual(await ask(path, `SMTP ${user}`), '')
})

test('every answer is one netstring', async (t) => {
  const { path } = await openMap(t)
  const text = await ask(path, netstring(`m ${user}`))
  const read = readNetstring(Buffer.from(text), 100_000)
  assert.ok(typeof read === 'object' && read.rest.length === 0)
})
