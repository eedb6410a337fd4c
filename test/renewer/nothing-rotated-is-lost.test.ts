/**
 * Whatever a server that rotates strictly does to a good answer, at every kind of exchange and for
 * every provider: the newest refresh token whose answer reached this host is sealed, and the next
 * refresh works with it. Each kind of exchange has a server of its own: they run at the same time.
 */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import type { Account } from '../../src/accounts/account.ts'
import { JobRunner } from '../../src/renewer/jobs/jobs.ts'
import { Providers } from '../../src/renewer/providers/providers.ts'
import { openFileStore } from '../../src/renewer/store/open-file-store.ts'
import type { Store } from '../../src/renewer/store/store.ts'
import { testClientId } from '../support/authorization-clients.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { gate } from '../support/jobs.ts'
import {
  type Misbehaviour,
  type RotatingServer,
  startRotatingServer,
} from '../support/rotating-server.ts'
import { foreignClaims, misbehaviours, pairs } from './misbehaviours.ts'
import { providerShapes, user } from './providers/provider-shapes.ts'
import { directoryInMemory } from './store/temporary-directory.ts'

const claims = {
  sub: 'me',
  nonce: 'n',
  aud: ['', '-post', '-basic'].map((suffix) => `${testClientId}${suffix}`),
}
const idToken = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
const deadlineMs = 20_000

let certificates: TestCertificates
before(async () => {
  certificates = await createTestCertificates()
  globalAgent.options.ca = certificates.ca
})
after(() => certificates.remove())

/** One that runs while the tests do that are beside the call. */
function useServer(): () => RotatingServer {
  let server: RotatingServer
  before(async () => {
    server = await startRotatingServer(idToken, certificates)
  })
  after(() => server.close())
  return () => server
}

/** A runner over a store of its own, as a renewer has it. */
function prepare(
  t: TestContext,
  server: RotatingServer,
  shape: number,
  limits: { deadlineMs?: number } = {},
) {
  const directory = directoryInMemory(t)
  const { account: accountAt } = providerShapes[shape] ?? assert.fail()
  const account: Account = { ...accountAt(server.url), scopes: ['mail'], rotation: 'strict' }
  const late: string[] = []
  const patience = gate()
  const providers = new Providers()
  let store: Store | undefined
  const runner = new JobRunner({
    openStore: async () => {
      store = await openFileStore({
        stateDirectory: join(directory, 'state'),
        key: { from: 'file', path: join(directory, 'key') },
        issuer: () => account.issuer,
        onDurable: () => {},
      })
      return store
    },
    findProvider: (name) => providers.find(name),
    now: Date.now,
    onLate: (whose) => late.push(whose),
    deadlineMs,
    ...limits,
  })
  t.after(() => runner.close())
  return { server, account, runner, late, patience, sealed: () => store?.read(user) }
}

type Prepared = ReturnType<typeof prepare>

const redemption = {
  redirectUri: 'http://127.0.0.1:1/',
  nonce: 'n',
  code: 'canary-code',
  codeVerifier: 'v',
}

/** Each kind of exchange: what goes before it, and what is run. */
const kinds: Record<string, (prepared: Prepared, misbehaviour: Misbehaviour) => Promise<unknown>> =
  {
    refresh: async ({ server, account, runner }, misbehaviour) => {
      await runner.run('import', { account, refreshToken: server.begin() })
      server.misbehave(misbehaviour)
      return runner.run('refresh', { account, hasToken: true })
    },
    code: async ({ server, account, runner }, misbehaviour) => {
      server.begin()
      server.misbehave(misbehaviour)
      return runner.run('redeem-code', { account, ...redemption })
    },
    'device code': async ({ server, account, runner, patience }, misbehaviour) => {
      server.begin()
      server.misbehave(misbehaviour)
      const parameters = { account, deviceCode: 'canary-device-code' }
      return runner.run('poll-device-code', parameters, patience.open)
    },
    import: async ({ server, account, runner }, misbehaviour) => {
      const refreshToken = server.begin()
      server.misbehave(misbehaviour)
      return runner
        .run('import', { account, refreshToken })
        .catch(() => runner.run('import', { account, refreshToken }))
    },
  }

/** The newest is there and works: twice, so that what it is exchanged for is sealed too. */
async function assertNothingIsLost({ server, account, runner, sealed }: Prepared): Promise<void> {
  const { records } = await runner.run('open-store', { accounts: [account] })
  assert.deepEqual(
    records.map((record) => record.user),
    [user],
  )
  for (let round = 0; round < 2; round++) {
    await runner.run('refresh', { account })
    const grant = await sealed()
    assert.equal(grant?.renewal.refreshToken.reveal(), server.newest())
  }
  assert.equal(server.isRevoked(), false)
}

describe('an exchange', { concurrency: true }, () => {
  for (const [kind, exchange] of Object.entries(kinds)) {
    const faults = kind === 'refresh' ? [...misbehaviours, ...foreignClaims] : misbehaviours

    describe(`a ${kind}`, { concurrency: false }, () => {
      const serverOf = useServer()
      faults.forEach(([name, misbehaviour], index) => {
        const shape = index % providerShapes.length
        test(`with ${name} (${providerShapes[shape]?.name})`, async (t) => {
          const prepared = prepare(t, serverOf(), shape)
          await exchange(prepared, misbehaviour).catch(() => {})
          await assertNothingIsLost(prepared)
        })
      })

      test('with two faults at a time', async (t) => {
        const fault = fc.constantFrom(...pairs)
        const property = fc.asyncProperty(
          fault,
          fc.constantFrom(...providerShapes.keys()),
          async (pair, shape) => {
            const prepared = prepare(t, serverOf(), shape)
            await exchange(prepared, pair[1]).catch(() => {})
            await assertNothingIsLost(prepared)
          },
        )
        await fc.assert(property, { numRuns: 15 })
      })
    })
  }

  // Nothing but a wait: all at the same time, each at a server of its own.
  for (const [kind, exchange] of Object.entries(kinds)) {
    for (const shape of providerShapes.keys()) {
      describe(`a ${kind} (${providerShapes[shape]?.name})`, () => {
        const serverOf = useServer()
        test('whose answer comes after the deadline', async (t) => {
          const prepared = prepare(t, serverOf(), shape, { deadlineMs: 2_000 })
          const { passed: when, open: send } = gate()
          const answered = exchange(prepared, { when })
          if (kind === 'device code') {
            await prepared.patience.passed
            send()
            await answered
          } else {
            await assert.rejects(answered, { code: 'provider_unavailable' })
            send()
            while (prepared.late.length === 0) await setImmediate()
          }
          await assertNothingIsLost(prepared)
        })
      })
    }
  }

  describe('beside an older sign-in', { concurrency: false }, () => {
    const serverOf = useServer()
    test('a sign-in that meets nothing but failures of the server leaves the older one in use, and waits', async (t) => {
      const prepared = prepare(t, serverOf(), 2)
      const { server, account, runner, sealed } = prepared
      await runner.run('import', { account, refreshToken: server.begin() })
      const older = await sealed()
      server.begin()
      server.misbehave({ fields: (good) => ({ ...good, access_token: undefined }) })
      await assert.rejects(runner.run('redeem-code', { account, ...redemption }))
      server.breakFamily(true)
      for (let round = 0; round < 2; round++)
        await runner.run('refresh', { account, hasToken: true })
      assert.equal((await sealed())?.signedInAt, older?.signedInAt)
      server.breakFamily(false)
      await assertNothingIsLost(prepared)
    })
  })
})
