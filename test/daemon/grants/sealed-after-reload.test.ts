/** What is sealed for an account while a reload takes the account away: nobody uses it, and it is reported. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { get } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { SignInMethod } from '../../../src/accounts/sign-in-method.ts'
import type { AccountConfiguration } from '../../../src/configuration/configuration.ts'
import { Broker } from '../../../src/daemon/broker/broker.ts'
import { Counters } from '../../../src/daemon/metrics/counters.ts'
import type { RenewerHandle } from '../../../src/daemon/processes/renewer-handle.ts'
import type { Jobs } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import {
  testAccountConfiguration as account,
  testConfiguration,
} from '../../support/configurations.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { ListLog } from '../socket/token-socket.ts'

const kept = account('kept@example.com')
const leaving = account('leaving@example.com')
const signedInAt = Date.UTC(2026, 0, 1)

/** A broker whose renewer answers what seals a sign-in only when `seal` is called. */
function prepare(t: TestContext, after: AccountConfiguration[]) {
  const gate = new EventEmitter()
  const sealed = async () => {
    gate.emit('asked')
    await once(gate, 'seal')
    return refreshedToken({ signedInAt, expiresAt: Date.now() + 3_600_000 })
  }
  let authorization: Jobs['start-authorization']['parameters'] | undefined
  const jobs: Record<string, (parameters: never) => unknown> = {
    'start-authorization': (parameters) => {
      authorization = parameters
      return { url: 'https://issuer.example/auth' }
    },
    'start-device-authorization': () => ({
      deviceCode: 'device',
      userCode: 'ABCD',
      verificationUri: 'https://issuer.example/device',
      expiresAt: Date.now() + 60_000,
      intervalMs: 1,
    }),
    'redeem-code': sealed,
    'poll-device-code': sealed,
    import: sealed,
    refresh: () => new Promise(() => {}),
    'open-store': () => ({ records: [], others: [] }),
    forget: () => ({ wasRevoked: false }),
  }
  const configuration = testConfiguration({ accounts: [kept, leaving] })
  const broker = new Broker({
    counters: new Counters(),
    configuration,
    renewer: {
      run: async (kind: string, parameters: never) => jobs[kind]?.(parameters),
      confineFor: () => {},
    } as unknown as RenewerHandle,
    log: Object.assign(new ListLog(), { setLevel: () => {} }),
    loadConfiguration: () => Promise.resolve({ ...configuration, accounts: after }),
    inspect: () => Promise.resolve([]),
    applySockets: () => Promise.resolve(),
    restoreSockets: () => Promise.resolve(),
  })
  // Nothing else keeps the process running while a test waits for the gate.
  const keptAwake = setInterval(() => {}, 60_000)
  t.after(() => {
    clearInterval(keptAwake)
    broker.stop()
  })
  const answer = () => {
    const { redirectUri = '', state = '' } = authorization ?? {}
    get(`${redirectUri}?code=c&state=${state}`, { agent: false }).on('error', () => {})
  }
  return { broker, gate, answer }
}

type World = ReturnType<typeof prepare>

/** Begins a sign-in up to the request that seals it. */
async function signIn({ broker, gate, answer }: World, method: SignInMethod) {
  const progress = broker.signIn(leaving.user, new AbortController().signal, method)
  const lines = progress[Symbol.asyncIterator]()
  await lines.next()
  const asked = once(gate, 'asked')
  if (method === 'browser') answer()
  await asked
  return async () => {
    let next = await lines.next()
    while (next.done !== true) next = await lines.next()
  }
}

/** Each begins what seals a sign-in; what it gives resolves when that has come to its end. */
const sealing: Record<string, (world: World) => Promise<() => Promise<unknown>>> = {
  'whose code is being redeemed': (world) => signIn(world, 'browser'),
  'whose device code is being polled': (world) => signIn(world, 'device'),
  'that is being imported': async ({ broker, gate }) => {
    const asked = once(gate, 'asked')
    const imported = broker.importGrant(leaving.user, 'token').catch(() => {})
    await asked
    return () => imported
  },
  'that comes too late for its job': ({ broker }) => {
    const fresh = refreshedToken({ signedInAt, expiresAt: Date.now() + 3_600_000 })
    return Promise.resolve(async () =>
      broker.renewerNews.acceptLate(testAccount({ user: leaving.user }), fresh),
    )
  },
  'that is kept though its job failed': ({ broker }) =>
    Promise.resolve(async () => broker.renewerNews.acceptKept(leaving.user)),
}

const reloads: Record<string, AccountConfiguration[]> = {
  'takes the account out': [kept],
  'gives it the sign-in of another': [kept, { ...leaving, signInWith: kept.user }],
}

for (const [what, begin] of Object.entries(sealing)) {
  for (const [reload, after] of Object.entries(reloads)) {
    test(`a sign-in ${what} while a reload ${reload} is told as unused`, async (t) => {
      const world = prepare(t, after)
      const { broker, gate } = world
      const told = await begin(world)
      await broker.reload()
      gate.emit('seal')
      await told()
      const users = () => broker.accounts().unused_sign_ins?.map(({ user }) => user)
      assert.deepEqual(users(), [leaving.user])
      await broker.forgetGrant(leaving.user, false)
      assert.deepEqual(users(), [])
    })
  }
}

test('a sign-in that nobody uses is not told again by what was asked for before it was forgotten', async (t) => {
  const { broker } = prepare(t, [kept])
  const old = testAccount({ user: leaving.user })
  const fresh = refreshedToken({ signedInAt, expiresAt: Date.now() + 3_600_000 })
  await broker.reload()
  broker.renewerNews.acceptLate(old, fresh)
  await broker.forgetGrant(leaving.user, false)
  broker.renewerNews.acceptLate(old, fresh)
  assert.deepEqual(broker.accounts().unused_sign_ins, [])
})
