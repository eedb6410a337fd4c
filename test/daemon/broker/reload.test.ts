/** A reload that fails at each of its steps in turn: nothing of the running daemon is lost. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type {
  AccountConfiguration,
  Configuration,
} from '../../../src/configuration/configuration.ts'
import { Broker } from '../../../src/daemon/broker/broker.ts'
import { Counters } from '../../../src/daemon/metrics/counters.ts'
import type { RenewerHandle } from '../../../src/daemon/processes/renewer-handle.ts'
import {
  type CmsOauthError,
  ConfigInvalidError,
  StoreLockedError,
  StoreUnreadableError,
} from '../../../src/errors.ts'
import type { SignInProgress } from '../../../src/messages/control-api.ts'
import {
  testAccountConfiguration as account,
  testConfiguration,
} from '../../support/configurations.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { ListLog } from '../socket/token-socket.ts'

const kept = account('kept@example.com')
const changing = account('changing@example.com')
const leaving = account('leaving@example.com')
const coming = account('coming@example.com')

function prepare(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-reload-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = (account: string, owner?: string) => ({
    path: join(directory, account),
    account,
    protocol: 'SMTP' as const,
    format: 'token' as const,
    mode: 0o600,
    ...(owner === undefined ? {} : { owner }),
  })
  const before = testConfiguration({
    accounts: [kept, changing, leaving],
    tokenFiles: [file(leaving.user)],
  })
  const after: Configuration = {
    ...before,
    accounts: [kept, { ...changing, tenant: 'another' }, coming],
    tokenFiles: [file(kept.user)],
    log: { level: 'error', audit: 'counted' },
    notify: { command: ['false'] },
  }
  const levels: string[] = []
  const log = Object.assign(new ListLog(), { setLevel: (level: string) => levels.push(level) })
  const records = [kept, changing, leaving, coming].map(({ user }) => {
    return { user, signedInAt: 7, refreshedAt: 8 }
  })
  const answers = {
    load: () => Promise.resolve(after),
    records: () => Promise.resolve({ records, others: [] }),
    sockets: () => Promise.resolve(),
    token: () => Promise.resolve(refreshedToken({ expiresAt: Date.now() + 3_600_000 })),
  }
  const run = (kind: string) => {
    if (kind === 'open-store') return answers.records()
    if (kind === 'start-authorization') return Promise.resolve({ url: 'https://issuer.example' })
    return answers.token()
  }
  const broker = new Broker({
    counters: new Counters(),
    configuration: before,
    renewer: { run, confineFor: () => {} } as unknown as RenewerHandle,
    log,
    loadConfiguration: () => answers.load(),
    inspect: () => Promise.resolve([]),
    applySockets: () => answers.sockets(),
    restoreSockets: () => answers.sockets(),
  })
  t.after(() => broker.stop())
  broker.resume({ records: records.slice(0, 3), others: [] })
  const users = () =>
    Array.from(broker.accounts().accounts, ({ user, state }) => `${user} ${state}`)
  const exists = ({ user }: AccountConfiguration) => existsSync(join(directory, user))
  return { before, after, file, broker, log, levels, answers, users, exists }
}

type World = ReturnType<typeof prepare>

/** Each makes one step fail, and says with what. */
const faults: Record<string, (world: World) => CmsOauthError | { code: string; message: RegExp }> =
  {
    'the file cannot be read': ({ answers }) => {
      const error = new ConfigInvalidError('not a configuration')
      answers.load = () => Promise.reject(error)
      return error
    },
    'the store is another': ({ answers, after }) => {
      const store = { ...after.store, stateDirectory: '/elsewhere' }
      answers.load = () => Promise.resolve({ ...after, store })
      return { code: 'config_invalid', message: /\[store\]/ }
    },
    'the control socket is another': ({ answers, after }) => {
      answers.load = () => Promise.resolve({ ...after, control: { path: '/elsewhere' } })
      return { code: 'config_invalid', message: /\[control\]/ }
    },
    'the owner of a token file is unknown': ({ answers, after, file }) => {
      const tokenFiles = [file(kept.user), file(coming.user, 'nobody-of-this-name')]
      answers.load = () => Promise.resolve({ ...after, tokenFiles })
      return { code: 'config_invalid', message: /"nobody-of-this-name"/ }
    },
    'the store cannot be read': ({ answers }) => {
      const error = new StoreUnreadableError('the key is gone')
      answers.records = () => Promise.reject(error)
      return error
    },
    'a socket cannot be opened': ({ answers }) => {
      const error = new StoreLockedError('somebody listens there')
      answers.sockets = () => Promise.reject(error)
      return error
    },
  }

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

for (const [fault, spoil] of Object.entries(faults)) {
  test(`a reload changes nothing where ${fault}, says so, and the next one changes all`, async (t) => {
    const world = prepare(t)
    const { broker, log, levels, answers, users, exists } = world
    await settled()
    const signIn = broker.signIn(leaving.user, new AbortController().signal)[Symbol.asyncIterator]()
    const { value: page } = await signIn.next()
    const before = users()
    assert.deepEqual(before.slice(1), [
      'changing@example.com active',
      'leaving@example.com signing_in',
    ])
    const accounts = broker.accountsInForce
    const right = { ...answers }
    const expected = spoil(world)
    await assert.rejects(broker.reload(), expected)
    const [refused, ...more] = log.lines.filter(({ event }) => event.startsWith('configuration.'))
    assert.deepEqual(
      [refused?.event, refused?.fields['code']],
      ['configuration.refused', expected.code],
    )
    assert.deepEqual(more, [])
    assert.deepEqual(users(), before)
    assert.equal(broker.accountsInForce, accounts)
    assert.deepEqual([exists(leaving), exists(kept)], [true, false])
    assert.deepEqual(levels, [])
    const tokens = [kept, changing, leaving].map(({ user }) => broker.tokens.serve(user))
    assert.ok(tokens.every((token) => !(token instanceof Promise)))

    Object.assign(answers, right)
    await broker.reload()
    await settled()
    assert.deepEqual(users(), [
      'kept@example.com active',
      'changing@example.com active',
      'coming@example.com active',
    ])
    assert.deepEqual([exists(leaving), exists(kept)], [false, true])
    assert.deepEqual(levels, ['error'])
    const { value: end } = await signIn.next()
    assert.deepEqual(
      [page, end].map((progress) => (progress as SignInProgress).event),
      ['url', 'failed'],
    )
  })
}

test('of two reloads at once the second one sees what the first has put in force', async (t) => {
  const { broker, answers, after } = prepare(t)
  const files = [after, { ...after, accounts: [kept] }]
  answers.load = () => Promise.resolve(files.shift() ?? after)
  const answer = await Promise.all([broker.reload(), broker.reload()])
  const removed = answer.map((reloaded) => reloaded.removed)
  assert.deepEqual(removed, [[leaving.user], [changing.user, coming.user]])
})

test('a token of its own is not served any more once an account uses the sign-in of another', async (t) => {
  const { broker, answers, before } = prepare(t)
  const tokenUntil = () =>
    Array.from(broker.accounts().accounts, ({ user, expires_at: at }) => [user, at !== null])
  await new Promise(setImmediate)
  assert.deepEqual(tokenUntil(), [
    [kept.user, true],
    [changing.user, true],
    [leaving.user, true],
  ])
  const shared = { ...changing, signInWith: kept.user }
  answers.load = () => Promise.resolve({ ...before, accounts: [kept, shared, leaving] })
  answers.token = () => new Promise(() => {})
  await broker.reload()
  assert.deepEqual(tokenUntil(), [
    [kept.user, true],
    [changing.user, false],
    [leaving.user, true],
  ])
})

test('a reload tries again what the operator may have put right elsewhere', async (t) => {
  const { broker, answers, before, users } = prepare(t)
  await new Promise(setImmediate)
  answers.load = () => Promise.resolve(before)
  answers.token = () => Promise.reject(new ConfigInvalidError('the secret cannot be read'))
  await assert.rejects(broker.refresh(kept.user), { code: 'config_invalid' })
  assert.equal(users()[0], `${kept.user} misconfigured`)
  answers.token = () => Promise.resolve(refreshedToken({ expiresAt: Date.now() + 3_600_000 }))
  await broker.reload()
  await new Promise(setImmediate)
  assert.equal(users()[0], `${kept.user} active`)
})
