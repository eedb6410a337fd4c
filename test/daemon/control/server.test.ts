import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type { Management } from '../../../src/daemon/control/management.ts'
import { createControlServer } from '../../../src/daemon/control/server.ts'
import type { Passwords } from '../../../src/daemon/control/bridge-management.ts'
import {
  AccountUnknownError,
  ProviderUnavailableError,
  RequestInvalidError,
} from '../../../src/errors.ts'
import type { BrokerEvent, SignInProgress } from '../../../src/messages/control-api.ts'
import type { LazyHttpServer } from '../../../src/unix-http/lazy-http-server.ts'
import { assertSentence } from '../../support/golden.ts'

let directory: string
let path: string
let server: LazyHttpServer
let calls: unknown[]
let listeners: ((event: BrokerEvent) => void)[]
let onUnsubscribe: () => void
let signIn: (signal: AbortSignal) => AsyncIterable<SignInProgress>

const outbox = { name: 'o', account: 'user@example.com', path: '/o.sock', waiting: 1 }
const outboxes = [{ ...outbox, oldest_at: '1970-01-01T00:00:00.000Z', last_reason: 'r' }]
const broker: Management = {
  accounts: () => ({
    version: '1',
    pid: 1,
    outboxes,
    accounts: [],
  }),
  diagnostics: () => assert.fail('not expected here'),
  signIn: (user, signal, method) => {
    calls.push(['signIn', user, method])
    return signIn(signal)
  },
  redirectSignIn: (user, url) => {
    if (!url.startsWith('http:')) throw new RequestInvalidError('not of this sign-in')
    calls.push(['redirect', user, url])
  },
  importGrant: async (user, refreshToken) => {
    calls.push(['import', user, refreshToken])
  },
  forgetGrant: async (user, revoke) => {
    calls.push(['forget', user, revoke])
    return { was_revoked: revoke }
  },
  refresh: async (user) => {
    if (user === 'nobody@example.com') throw new AccountUnknownError('no account', { hint: 'look' })
    if (user === 'later@example.com') throw new ProviderUnavailableError('no route')
    calls.push(['refresh', user])
  },
  reload: async () => ({ file: 'f', added: [], removed: [], changed: [] }),
  subscribe: (listener) => {
    listeners.push(listener)
    return () => {
      listeners = listeners.filter((other) => other !== listener)
      onUnsubscribe()
    }
  },
}

const passwords: Passwords = {
  all: () => [{ name: 'printer', accounts: null, created_at: '2026-11-29T00:00:00.000Z' }],
  add: (name, accounts) => {
    calls.push(['add', name, accounts])
    return 'abc'
  },
  addTrial: () => 'trial',
  remove: (name) => {
    if (name === 'nobody') throw new RequestInvalidError('there is no password "nobody"')
    calls.push(['remove', name])
  },
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'control-'))
  path = join(directory, 'control.sock')
  server = createControlServer({
    broker,
    bridges: {
      passwords: async () => passwords,
      overview: () => ({ bridges: [{ protocol: 'SMTP', listen: ['[::1]:25'] }], troubles: [] }),
      accountsWithPasswords: () => ['u@x', 'other@x'],
      connections: () => new Map(),
      certificate: async () => ({ certificate: 'PEM', expires_at: '2029-01-01T00:00:00.000Z' }),
    },
    outboxes: { states: () => [{ ...outbox, abandoned: 0, oldestAt: 0, lastReason: 'r' }] },
    metrics: { pieces: () => ['# EOF\n'] },
  })
  await new Promise<void>((resolve) => {
    server.listen(path, resolve)
  })
})

beforeEach(() => {
  calls = []
  listeners = []
  onUnsubscribe = () => {}
})

after(async () => {
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true })
})

function send(
  method: string,
  target: string,
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method, path: target }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

test('accounts are listed as JSON', async () => {
  const { status, text } = await send('GET', '/v1/accounts')
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(text), {
    version: '1',
    pid: 1,
    outboxes,
    accounts: [],
  })
})

test('the bridges are listed, and a password to try them is made', async () => {
  const { text } = await send('GET', '/v1/bridges')
  const bridges = [{ protocol: 'SMTP', listen: ['[::1]:25'] }]
  assert.deepEqual(JSON.parse(text), { bridges, troubles: [] })
  const trial = await send('POST', '/v1/bridge/trial-password')
  assert.deepEqual(JSON.parse(trial.text), { password: 'trial' })
})

test('who makes a password hears for which of its accounts one is asked for', async () => {
  for (const [accounts, expected] of [
    [undefined, ['u@x', 'other@x']],
    [['u@x'], ['u@x']],
    [['third@x', 'other@x'], ['other@x']],
    [['third@x'], []],
  ] as const) {
    const { text } = await send('PUT', printer, JSON.stringify({ accounts }))
    assert.deepEqual(JSON.parse(text), { password: 'abc', asked_for: expected })
  }
})

test('an address in a path is percent-decoded', async () => {
  await send('POST', '/v1/accounts/a%2Fb%40example.com/refresh')
  assert.deepEqual(calls, [['refresh', 'a/b@example.com']])
})

test('an error crosses as its code, message and hint with a fitting status', async () => {
  const unknown = await send('POST', '/v1/accounts/nobody%40example.com/refresh')
  assert.equal(unknown.status, 404)
  assert.deepEqual(JSON.parse(unknown.text), {
    error: 'account_unknown',
    error_description: 'no account',
    hint: 'look',
  })
  const later = await send('POST', '/v1/accounts/later%40example.com/refresh')
  assert.equal(later.status, 503)
})

test('a grant is imported, and forgotten with or without revocation', async () => {
  await send('PUT', '/v1/accounts/u%40x/grant', JSON.stringify({ refresh_token: 'R' }))
  await send('DELETE', '/v1/accounts/u%40x/grant?revoke=true')
  const { text } = await send('DELETE', '/v1/accounts/u%40x/grant')
  assert.deepEqual(calls, [
    ['import', 'u@x', 'R'],
    ['forget', 'u@x', true],
    ['forget', 'u@x', false],
  ])
  assert.deepEqual(JSON.parse(text), { was_revoked: false })
})

test('a revocation that is asked for in other words is refused, not left out', async () => {
  for (const query of ['revoke', 'revoke=1', 'revoke=TRUE']) {
    const { status, text } = await send('DELETE', `/v1/accounts/u%40x/grant?${query}`)
    assert.equal(status, 400)
    assert.match(text, /"\\"revoke\\" is neither/)
  }
  assert.deepEqual(calls, [])
})

test('a wrong body is refused by the names of its fields, never by a value', async () => {
  const body = JSON.stringify({ refresh_token: 5, token: 'SECRET' })
  const { status, text } = await send('PUT', '/v1/accounts/u%40x/grant', body)
  assert.equal(status, 400)
  assert.match(text, /refresh_token/)
  assert.doesNotMatch(text, /SECRET/)
})

const notAsDocumented = 'the body is not as documented: '
/** The longest value that a field may have; a URL or an address of a provider is far shorter. */
const longest = 16_384
const account = '/v1/accounts/u%40x'
const printer = '/v1/bridge/passwords/printer'
const filled = (wrap: (value: unknown) => unknown, prefix = '') => ({
  right: ['x', 'x'.repeat(longest - prefix.length)].map((text) => wrap(prefix + text)),
  wrong: ['', 'x'.repeat(longest + 1), 1].map(wrap),
})

/** Each field of each body: what it may hold, the longest too, and what it may not. */
const bodies: {
  field: string
  request: [method: string, target: string]
  right: unknown[]
  wrong: unknown[]
  isOptional?: boolean
}[] = [
  {
    field: 'method',
    request: ['POST', `${account}/sign-in`],
    isOptional: true,
    right: ['browser', 'device', 'paste'],
    wrong: ['', 'fax', 'x'.repeat(longest + 1), 1, null],
  },
  {
    field: 'url',
    request: ['POST', `${account}/sign-in/redirect`],
    ...filled((value) => value, 'http:'),
  },
  {
    field: 'refresh_token',
    request: ['PUT', `${account}/grant`],
    ...filled((value) => value),
  },
  {
    field: 'accounts',
    request: ['PUT', printer],
    isOptional: true,
    ...filled((value) => [value]),
  },
  {
    field: 'accounts',
    request: ['PUT', printer],
    isOptional: true,
    right: [['a@x', 'b@x']],
    wrong: [[], '', 'a@x', ['a@x', ''], ['a@x', 'x'.repeat(longest + 1)], null, {}],
  },
]

for (const { field, request: target, right, wrong, isOptional = false } of bodies) {
  test(`"${field}" of ${target.join(' ')} is neither empty nor oversized, nor of another type`, async () => {
    signIn = async function* () {}
    for (const value of wrong) {
      const { status, text } = await send(...target, JSON.stringify({ [field]: value }))
      assert.equal(status, 400, text)
      const { error, error_description: description } = JSON.parse(text) as Record<string, string>
      assert.deepEqual([error, description], ['request_invalid', `${notAsDocumented}${field}`])
    }
    assert.deepEqual(calls, [])
    for (const value of right) {
      const { status, text } = await send(...target, JSON.stringify({ [field]: value }))
      assert.equal(status, 200, text)
    }
    for (const body of ['', '{}']) {
      const { status } = await send(...target, body)
      assert.equal(status, isOptional ? 200 : 400)
    }
    assert.equal(calls.length, right.length + (isOptional ? 2 : 0))
  })
}

test('a body that is not JSON, or too long, is refused', async () => {
  const noJson = await send('PUT', '/v1/accounts/u%40x/grant', 'refresh_token=SECRET')
  assert.equal(noJson.status, 400)
  assertSentence(noJson.text, 'a body that is not JSON, or too long, is refused')
  const long = await send('PUT', '/v1/accounts/u%40x/grant', 'x'.repeat(70_000))
  assertSentence(long.text, 'a body that is not JSON, or too long, is refused (2)')
})

test('an unknown path or method is refused', async () => {
  for (const [method, target] of [
    ['GET', '/'],
    ['GET', '//'],
    ['OPTIONS', '*'],
    ['GET', 'http://[/v1/accounts'],
    ['POST', '/v1/accounts'],
    ['GET', '/v1/accounts/u%40x/grant'],
    ['POST', '/v1/accounts/%E0%A4%A/refresh'],
  ] as const) {
    const { status, text } = await send(method, target)
    assert.equal(status, 400, `${method} ${target}`)
    assert.equal((JSON.parse(text) as { error: string }).error, 'request_invalid')
  }
})

test('a sign-in streams its progress line by line', async () => {
  signIn = async function* () {
    yield { event: 'url', url: 'http://localhost:1/x' }
    yield { event: 'completed', user: 'u@x', expires_at: 'then' }
  }
  const { text } = await send('POST', '/v1/accounts/u%40x/sign-in', '{"method":"browser"}')
  const lines = text.trim().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as SignInProgress).event),
    ['url', 'completed'],
  )
})

test('a sign-in is by the method asked for, or by none in particular', async () => {
  signIn = async function* () {}
  for (const body of ['', '{}', '{"method":"device"}', '{"method":"paste"}']) {
    await send('POST', '/v1/accounts/u%40x/sign-in', body)
  }
  const methods = [undefined, undefined, 'device', 'paste']
  assert.deepEqual(
    calls,
    methods.map((method) => ['signIn', 'u@x', method]),
  )
  const { status, text } = await send('POST', '/v1/accounts/u%40x/sign-in', '{"method":"fax"}')
  assert.equal(status, 400)
  assertSentence(text, 'a sign-in is by the method asked for, or by none in particular')
})

test('a pasted address is handed on; one that is not of the sign-in may be followed by another', async () => {
  const target = '/v1/accounts/u%40x/sign-in/redirect'
  const wrong = await send('POST', target, '{"url":"SECRET"}')
  assert.equal(wrong.status, 400)
  assert.deepEqual(JSON.parse(wrong.text), {
    error: 'request_invalid',
    error_description: 'not of this sign-in',
    hint: '',
  })
  const right = await send('POST', target, '{"url":"http://localhost:1/?code=C"}')
  assert.deepEqual([right.status, right.text], [200, '{}\n'])
  assert.deepEqual(calls, [['redirect', 'u@x', 'http://localhost:1/?code=C']])
})

test('a sign-in whose client goes away is aborted', async () => {
  const aborted = new Promise<void>((resolve) => {
    signIn = async function* (signal) {
      yield { event: 'url', url: 'http://localhost:1/x' }
      await new Promise<void>((abort) => {
        signal.addEventListener('abort', () => abort(), { once: true })
      })
      resolve()
    }
  })
  const outgoing = request({ socketPath: path, method: 'POST', path: '/v1/accounts/u/sign-in' })
  outgoing.on('response', (response) => response.once('data', () => outgoing.destroy()))
  outgoing.on('error', () => {})
  outgoing.end()
  await aborted
})

test('a client that goes away in the middle of its body does no harm', async () => {
  const outgoing = request({
    socketPath: path,
    method: 'PUT',
    path: '/v1/accounts/u/grant',
    headers: { 'content-length': 100 },
  })
  outgoing.on('error', () => {})
  await new Promise<void>((resolve) => {
    outgoing.write('{', () => resolve())
  })
  const closed = new Promise<void>((resolve) => {
    outgoing.once('close', () => resolve())
  })
  outgoing.destroy()
  await closed
  assert.equal((await send('GET', '/v1/accounts')).status, 200)
  assert.deepEqual(calls, [])
})

test('events are streamed to those who listen until they leave', async () => {
  const outgoing = request({ socketPath: path, path: '/v1/events' })
  const line = new Promise<string>((resolve) => {
    outgoing.on('response', (response) => {
      response.setEncoding('utf8').once('data', resolve)
      for (const listener of listeners) listener({ time: 't', event: 'token.refreshed' })
    })
  })
  outgoing.end()
  assert.deepEqual(JSON.parse(await line), { time: 't', event: 'token.refreshed' })
  const unsubscribed = new Promise<void>((resolve) => {
    onUnsubscribe = resolve
  })
  outgoing.on('error', () => {})
  outgoing.destroy()
  await unsubscribed
  assert.equal(listeners.length, 0)
})
