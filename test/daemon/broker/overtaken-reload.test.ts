/** What completes while a reload waits for the store: the reload must not bring back what was before it. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { AccountConfiguration } from '../../../src/configuration/configuration.ts'
import { Broker } from '../../../src/daemon/broker/broker.ts'
import { Counters } from '../../../src/daemon/metrics/counters.ts'
import type { RenewerHandle } from '../../../src/daemon/processes/renewer-handle.ts'
import {
  testAccountConfiguration as account,
  testConfiguration,
} from '../../support/configurations.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { ListLog } from '../socket/token-socket.ts'

const kept = account('kept@example.com')
const coming = account('coming@example.com')

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

const signedOut = ['signed_out', null] as const
const signedInAgain = ['refreshing', new Date(9).toISOString()] as const

/** What completes while a reload waits for the store, whose answer was read before that. */
interface Race {
  /** Those in force before, and those of the file. */
  accounts: [AccountConfiguration[], AccountConfiguration[]]
  /** Whose records the store holds when it is read. */
  records: string[]
  /** They are those of the account's next login_hint: at the start nobody takes them up. */
  isForAnother?: boolean
  overtake: (broker: Broker) => Promise<unknown>
  expected: readonly [state: string, signedInAt: string | null]
}

const overtaking: Record<string, Race> = {
  'a logout of the account that signs in for the added one': {
    accounts: [[kept], [kept, account(coming.user, { signInWith: kept.user })]],
    records: [kept.user],
    overtake: (broker) => broker.forgetGrant(kept.user, false),
    expected: signedOut,
  },
  'a logout of the account that signs in for the changed one from now on': {
    accounts: [
      [kept, coming],
      [kept, account(coming.user, { signInWith: kept.user })],
    ],
    records: [kept.user],
    overtake: (broker) => broker.forgetGrant(kept.user, false),
    expected: signedOut,
  },
  'a logout of the sign-in that the added account had left in the store': {
    accounts: [[kept], [kept, coming]],
    records: [coming.user],
    overtake: (broker) => broker.forgetGrant(coming.user, false),
    expected: signedOut,
  },
  'a logout of the sign-in that the changed account returns to': {
    accounts: [
      [kept, account(coming.user, { signInWith: kept.user })],
      [kept, coming],
    ],
    records: [coming.user],
    overtake: (broker) => broker.forgetGrant(coming.user, false),
    expected: signedOut,
  },
  'a logout of the changed account': {
    accounts: [[coming], [{ ...coming, loginHint: 'another@example.com' }]],
    records: [coming.user],
    isForAnother: true,
    overtake: (broker) => broker.forgetGrant(coming.user, false),
    expected: signedOut,
  },
  'a new sign-in of the changed account': {
    accounts: [[coming], [{ ...coming, loginHint: 'another@example.com' }]],
    records: [coming.user],
    isForAnother: true,
    overtake: (broker) => broker.importGrant(coming.user, 'token'),
    expected: signedInAgain,
  },
  'a first sign-in of the account that signs in for the added one': {
    accounts: [[kept], [kept, account(coming.user, { signInWith: kept.user })]],
    records: [],
    overtake: (broker) => broker.importGrant(kept.user, 'token'),
    expected: signedInAgain,
  },
  'a newer sign-in of the account that signs in for the added one': {
    accounts: [[kept], [kept, account(coming.user, { signInWith: kept.user })]],
    records: [kept.user],
    overtake: (broker) => broker.importGrant(kept.user, 'token'),
    expected: signedInAgain,
  },
  'a logout and another sign-in of the account that signs in for the added one': {
    accounts: [[kept], [kept, account(coming.user, { signInWith: kept.user })]],
    records: [kept.user],
    overtake: async (broker) => {
      await broker.forgetGrant(kept.user, false)
      await broker.importGrant(kept.user, 'token')
    },
    expected: signedInAgain,
  },
}

/** A broker whose reload waits for the store until `answer`, and what its renewer was asked. */
function prepare(t: TestContext, { accounts: [before, after], records, isForAnother }: Race) {
  const gate = new EventEmitter()
  const store = new Map(records.map((user) => [user, 7]))
  const asked: string[] = []
  const jobs: Record<string, (user: string) => Promise<unknown>> = {
    'open-store': async () => {
      const read = [...store].map(([user, signedInAt]) => ({ user, signedInAt, refreshedAt: 8 }))
      await once(gate, 'open')
      return { records: read, others: [] }
    },
    forget: (user) => Promise.resolve({ wasRevoked: !store.delete(user) }),
    import: (user) => {
      store.set(user, 9)
      return Promise.resolve(refreshedToken({ signedInAt: 9, expiresAt: Date.now() + 3_600_000 }))
    },
    refresh: () => new Promise(() => {}),
  }
  const run = (kind: string, job: { account?: { user: string }; user?: string }) => {
    const user = job.user ?? job.account?.user ?? ''
    asked.push(`${kind} ${user}`)
    return jobs[kind]?.(user)
  }
  const configuration = testConfiguration({ accounts: before })
  const broker = new Broker({
    counters: new Counters(),
    configuration,
    renewer: { run, confineFor: () => {} } as unknown as RenewerHandle,
    log: Object.assign(new ListLog(), { setLevel: () => {} }),
    loadConfiguration: () => Promise.resolve({ ...configuration, accounts: after }),
    inspect: () => Promise.resolve([]),
    applySockets: () => Promise.resolve(),
    restoreSockets: () => Promise.resolve(),
  })
  t.after(() => broker.stop())
  const users = new Set(before.map(({ signInWith, user }) => signInWith ?? user))
  const isTaken = ({ user }: { user: string }) => users.has(user) && isForAnother !== true
  const summaries = records.map((user) => ({ user, signedInAt: 7, refreshedAt: 8, issuer: '' }))
  broker.resume({
    records: summaries.filter(isTaken),
    others: summaries.filter((record) => !isTaken(record)),
  })
  return { broker, asked, answer: () => gate.emit('open') }
}

for (const [what, race] of Object.entries(overtaking)) {
  test(`a reload that waits for the store is overtaken by ${what}`, async (t) => {
    const { broker, asked, answer } = prepare(t, race)
    const reloaded = broker.reload()
    await settled()
    assert.ok(asked.includes('open-store '))
    await race.overtake(broker)
    answer()
    await reloaded
    const found = [...broker.accounts().accounts].find(({ user }) => user === coming.user)
    assert.deepEqual([found?.state, found?.signed_in_at], race.expected)
    const refreshes = asked.filter((job) => job === `refresh ${coming.user}`)
    assert.equal(refreshes.length, race.expected === signedOut ? 0 : 1)
  })
}
