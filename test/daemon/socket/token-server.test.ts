import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConnectionBudget } from '../../../src/kernel/connection-budget.ts'
import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import { protocols } from '../../../src/sasl/output-format.ts'
import type { ServedToken } from '../../../src/sasl/served-token.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'
import {
  ask,
  open,
  openTokenServer,
  readAll,
  served,
  servedToken,
  turn,
  user,
} from './token-socket.ts'

const raw = `user=${user}\u0001auth=Bearer T0KEN\u0001\u0001`

test('a half-closed request is answered with the credential in the format of the socket', async (t) => {
  const { path } = await openTokenServer(t)
  assert.equal(await ask(path, `SMTP ${user}`), btoa(raw))
})

test('reply = "xoauth2" answers raw, and the request may still name another format', async (t) => {
  const { path } = await openTokenServer(t, { configuration: { reply: 'xoauth2' } })
  assert.equal(await ask(path, `SMTP ${user}`), raw)
  assert.equal(await ask(path, `SMTP,token ${user}`), 'T0KEN')
})

test('a line feed ends the request without a half-close, and the server closes', async (t) => {
  const { path } = await openTokenServer(t)
  for (const end of ['\n', '\r\n', ' ignored\n', '\nignored']) {
    const socket = await open(path)
    socket.write(`SMTP,token ${user}${end}`)
    assert.equal(await readAll(socket), 'T0KEN')
  }
})

test('a request may come in pieces', async (t) => {
  const { path } = await openTokenServer(t)
  const socket = await open(path)
  for (const byte of `SMTP,token ${user}\r\n`) {
    socket.write(byte)
    await turn()
  }
  assert.equal(await readAll(socket), 'T0KEN')
})

test('the SASL identity of the protocol is used, and json tells both addresses', async (t) => {
  const { path } = await openTokenServer(t, { configuration: { protocols: ['IMAP'] } })
  assert.equal(
    await ask(path, `IMAP,json ${user}`),
    '{"account":"user@example.com","user":"delegate@example.com","protocol":"IMAP",' +
      '"access_token":"T0KEN","token_type":"Bearer","expires_at":"2026-01-01T00:00:00.000Z"}',
  )
})

test('nobody gets a token of an account that an outbox sends with, under no name', async (t) => {
  const account = testAccount({ user, sendsBy: 'graph' })
  const accounts = { find: () => account, all: () => [account] }
  const configuration = { protocols: [...protocols] }
  const { path, log } = await openTokenServer(t, { accounts, configuration })
  for (const protocol of ['SEND', 'send', 'SMTP', 'IMAP', 'POP', 'MAIL', '']) {
    for (const format of ['', ',token', ',xoauth2']) {
      assert.equal(await ask(path, `${protocol}${format} ${user}`), '', protocol)
    }
  }
  await assertRefused(path)
  // A socket for all accounts leaves it out: why is said all the same.
  const other = await openTokenServer(t, {
    accounts,
    configuration: { ...configuration, accounts: [] },
  })
  await assertRefused(other.path)
  assert.doesNotMatch(JSON.stringify(log.lines), /T0KEN/)
})

async function assertRefused(path: string): Promise<void> {
  const json = JSON.parse(await ask(path, `SMTP,json ${user}`)) as { error: string; hint: string }
  assert.equal(json.error, 'protocol_not_enabled')
  assertSentence(json.hint, 'nobody gets a token of an account that an outbox sends with')
}

test('a refusal is silence, except in json, and its reason is logged', async (t) => {
  const { path, log } = await openTokenServer(t)
  const refusals: Record<string, [request: string, message: string]> = {
    account_unknown: ['SMTP x@y', 'no account "x@y" is configured for this socket'],
    protocol_not_enabled: [`POP ${user}`, `this socket does not serve "POP" for "${user}"`],
    request_invalid: [`FTP ${user}`, 'this socket does not serve "FTP"'],
  }
  for (const [code, [request, message]] of Object.entries(refusals)) {
    assert.equal(await ask(path, request), '')
    const json = JSON.parse(await ask(path, request.replace(' ', ',json '))) as object
    assert.deepEqual(Object.keys(json), ['error', 'error_description', 'hint'])
    assert.deepEqual({ ...json, hint: '' }, { error: code, error_description: message, hint: '' })
    const { event, fields } = log.lines.at(-1) ?? assert.fail('no line')
    assert.equal(event, 'token.refused')
    assert.equal(fields.code, code)
    assert.equal(fields.message, message)
    assert.equal(fields.path, path)
    assert.equal(fields.uid, process.geteuid?.())
  }
})

test('an account that the socket does not list is as unknown as one that is not configured', async (t) => {
  const { path } = await openTokenServer(t, { configuration: { accounts: ['other@example.com'] } })
  const refusal = await ask(path, `SMTP,json ${user}`)
  assert.equal(refusal.replaceAll(user, 'x@y'), await ask(path, 'SMTP,json x@y'))
})

test('on a socket whose reply is json a refusal is json, but noise is met with silence', async (t) => {
  const { path } = await openTokenServer(t, { configuration: { reply: 'json' } })
  assert.match(await ask(path, 'SMTP x@y'), /^\{"error":"account_unknown"/)
  assert.match(await ask(path, 'SMTP nobody'), /^\{"error":"request_invalid"/)
  assert.equal(await ask(path, 'SMTP,token nobody'), '')
  assert.equal(await ask(path, 'GET / HTTP/1.1\r\n\r\n'), '')
})

test('why there is no token is told in json, with three fields', async (t) => {
  const error = new SignInRequiredError('sign in', { hint: 'now', answer: { status: 400 } })
  const serve = () => {
    throw error
  }
  const { path } = await openTokenServer(t, { tokens: { serve } })
  assert.equal(await ask(path, `SMTP ${user}`), '')
  assert.equal(
    await ask(path, `SMTP,json ${user}`),
    '{"error":"sign_in_required","error_description":"sign in","hint":"now"}',
  )
})

test('a request waits for its token, and for the reason that there is none', async (t) => {
  const waiting: Waiting[] = []
  const serve = () =>
    new Promise<ServedToken>((resolve, reject) => waiting.push({ resolve, reject }))
  const { path } = await openTokenServer(t, { tokens: { serve } })
  const answers = [ask(path, `SMTP,token ${user}`), ask(path, `SMTP,json ${user}`)]
  while (waiting.length < 2) await turn()
  waiting[0]?.resolve(served('NEW'))
  waiting[1]?.reject(new ProviderUnavailableError('later', { hint: 'wait' }))
  assert.deepEqual(await Promise.all(answers), [
    'NEW',
    '{"error":"provider_unavailable","error_description":"later","hint":"wait"}',
  ])
})

interface Waiting {
  resolve: (token: ServedToken) => void
  reject: (error: Error) => void
}

test('a client that leaves while it waits costs nothing but its answer', async (t) => {
  const waiting: ((token: ServedToken) => void)[] = []
  const serve = () => new Promise<ServedToken>((resolve) => waiting.push(resolve))
  const tokens = { serve: serve as () => ServedToken | Promise<ServedToken> }
  const budget = new ConnectionBudget(1)
  const { path } = await openTokenServer(t, { tokens, budget })
  const leaving = await open(path)
  leaving.end(`SMTP ${user}`)
  while (waiting.length === 0) await turn()
  leaving.destroy()
  await turn()
  waiting[0]?.(servedToken)
  tokens.serve = () => servedToken
  // There is room for one: the next is served only when the place of the one that left is free.
  const next = () => ask(path, `SMTP,token ${user}`).catch(() => '')
  while ((await next()) !== 'T0KEN') await turn()
})

test('each token that leaves has one line, and no line holds it', async (t) => {
  const { path, log } = await openTokenServer(t)
  await ask(path, `SMTP ${user}`)
  assert.equal(log.lines.length, 1)
  const [line] = log.lines
  assert.deepEqual([line?.level, line?.event], ['info', 'token.granted'])
  const fields = line?.fields ?? {}
  const { uid, gid, pid, program, fingerprint } = fields
  assert.deepEqual([fields.user, fields.protocol], [user, 'SMTP'])
  assert.deepEqual([uid, gid, pid], [process.geteuid?.(), process.getegid?.(), process.pid])
  assert.equal(program, readFileSync('/proc/self/comm', 'utf8').trimEnd())
  assert.equal(fingerprint, servedToken.fingerprint)
  assert.ok(!JSON.stringify(fields).includes('T0KEN'))
})

test('an update changes reply, accounts and protocols of the open socket', async (t) => {
  const { path, server, configuration } = await openTokenServer(t)
  const connected = await open(path)
  server.update({ ...configuration, reply: 'token', protocols: ['POP'] })
  connected.end(`POP ${user}`)
  assert.equal(await readAll(connected), 'T0KEN')
  server.update({ ...configuration, reply: 'token', accounts: [] })
  assert.equal(await ask(path, `SMTP ${user}`), '')
})

test('an update that cannot be kept leaves the old settings', async (t) => {
  const { path, server, configuration } = await openTokenServer(t)
  const allow = { users: ['nobody-is-called-so'], groups: [] }
  assert.throws(
    () => server.update({ ...configuration, reply: 'token', allow }),
    expectedError('config_invalid', 'an update that cannot be kept leaves the old settings'),
  )
  assert.equal(await ask(path, `SMTP ${user}`), btoa(raw))
})

test('close answers those that wait, drops those that never ask, and removes the socket', async (t) => {
  const waiting: ((token: ServedToken) => void)[] = []
  const serve = () => new Promise<ServedToken>((resolve) => waiting.push(resolve))
  const { path, server } = await openTokenServer(t, { tokens: { serve } })
  const idle = await open(path)
  const late = await open(path)
  const answer = ask(path, `SMTP,token ${user}`)
  while (waiting.length === 0) await turn()
  const closed = server.close()
  assert.equal(existsSync(path), false)
  late.end('SMTP,json x@y')
  assert.match(await readAll(late), /account_unknown/)
  assert.equal(await readAll(idle), '')
  waiting[0]?.(servedToken)
  assert.equal(await answer, 'T0KEN')
  await closed
})

test('who is connected is looked after by a timer, and only as long as somebody is', async (t) => {
  const { path } = await openTokenServer(t)
  const started = t.mock.method(globalThis, 'setInterval')
  const stopped = t.mock.method(globalThis, 'clearInterval')
  const sweep = () => started.mock.calls.at(-1)?.arguments[0]()
  const first = await open(path)
  const second = await open(path)
  first.end(`SMTP,token ${user}`)
  assert.equal(await readAll(first), 'T0KEN')
  sweep()
  assert.deepEqual([started.mock.callCount(), stopped.mock.callCount()], [1, 0])
  second.end(`SMTP,token ${user}`)
  assert.equal(await readAll(second), 'T0KEN')
  while (stopped.mock.callCount() === 0) {
    await turn()
    sweep()
  }
  assert.equal(await ask(path, `SMTP,token ${user}`), 'T0KEN')
  assert.equal(started.mock.callCount(), 2)
})
