import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import type { FleetNews } from '../../../src/messages/renewer-messages.ts'
import { fleetKeyOf } from '../../../src/fleet/fleet-keys.ts'
import {
  numberBytes,
  parseGrantRecord,
  parseTokenRecord,
} from '../../../src/fleet/fleet-records.ts'
import { openToken } from '../../../src/fleet/token-record.ts'
import { JobRunner } from '../../../src/renewer/jobs/jobs.ts'
import { Aside } from '../../../src/renewer/store/aside.ts'
import { Claims } from '../../../src/renewer/store/claims.ts'
import type { Engine } from '../../../src/renewer/store/engine.ts'
import type { EtcdCalls } from '../../../src/renewer/store/etcd-engine/etcd-shared.ts'
import { EtcdEngine } from '../../../src/renewer/store/etcd-engine/etcd-engine.ts'
import { decodeRecord } from '../../../src/renewer/store/record.ts'
import type { SharedState } from '../../../src/renewer/store/shared-state.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import { Store } from '../../../src/renewer/store/store.ts'
import { openEnvelope } from '../../../src/sealing/envelope.ts'
import type { Clock } from '../../../src/schedule/clock.ts'
import { testAccount } from '../../support/accounts.ts'
import type { EngineWay } from '../store/call-fate.ts'
import { MemoryEtcd } from '../store/etcd-engine/memory-etcd.ts'
import { MemoryEngine, MemoryShared } from '../store/memory-engine.ts'
import { directoryInMemory } from '../store/temporary-directory.ts'
import { StrictProvider, type Way as ProviderWay } from './strict-provider.ts'

const key = { bytes: randomBytes(32), id: '0123456789abcdef' }
const tokenKey = { bytes: randomBytes(32), id: 'fedcba9876543210' }
const issuer = 'https://issuer.example'
/** Whose sign-in all hosts share. */
export const user = 'user@example.com'
export const account: Account = testAccount({ user, issuer, rotation: 'strict' })
export const appAccount: Account = testAccount({ user, issuer, grant: 'client_credentials' })

/** A clock that a test moves. */
export class VirtualClock implements Clock {
  #ms = 1_800_000_000_000

  wallMs(): number {
    return this.#ms
  }

  bootMs(): number {
    return this.#ms
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}

/** Where a host waits: for the engine, or for the provider. */
export interface Ways {
  engine?: EngineWay
  /** What it asks etcd by, in place of memory. */
  client?: EtcdCalls
  /** What it is called, where that is not its name here, and which run of its kernel it is. */
  host?: string
  boot?: string
  /** How far its clock is before those of the others. */
  aheadMs?: number
  provider?: ProviderWay
  /** In place of the world's provider. */
  reaches?: Provider
  /** Within which its jobs are answered; absent: as always. */
  deadlineMs?: number
}

/** One host of a fleet: a renewer with a store. */
export interface FleetHost {
  name: string
  /** What it serves. */
  token: FreshToken | undefined
  runner: JobRunner
  store: Store
  /** What came after its job had been answered. */
  late: FreshToken[]
  /** Asks for a token as its daemon does, and keeps what comes. */
  refresh: (of?: Account) => ReturnType<JobRunner['run']>
}

/** What happened, and at which host. */
export type HostNews = FleetNews & { at: string }

/** Hosts, one engine and one provider, in one process. */
export interface FleetWorld {
  clock: VirtualClock
  etcd: MemoryEtcd
  provider: StrictProvider
  news: HostNews[]
  /** Told of each as it happens. */
  onNews: ((news: HostNews) => void)[]
  /** What the engine has of the account, sealed. */
  kept: (part: 'grant' | 'token') => { n: number; sealed: Buffer } | undefined
  /** Has the engine be as it is now, when what comes back is called: as from a backup. */
  backUp: () => () => void
  /** Begins a host; with the name of an earlier one it has that one's disk. */
  host: (name: string, ways?: Ways) => FleetHost
}

/** The world of a test. */
export function fleetWorld(t: TestContext, kind: 'etcd' | 'memory' = 'etcd'): FleetWorld {
  const clock = new VirtualClock()
  const etcd = new MemoryEtcd(() => clock.bootMs())
  const memory = new MemoryShared(() => clock.bootMs())
  const provider = new StrictProvider(() => clock.wallMs(), 3_600_000)
  const engineOf = (name: string, ways: Ways): Engine => {
    const { engine: way, aheadMs, boot = 'b' } = ways
    if (kind === 'memory') return new MemoryEngine(memory, name, way, aheadMs)
    const client = ways.client ?? etcd.client(way, aheadMs)
    const host = ways.host ?? name
    return new EtcdEngine({ client, prefix: '/fleet/', host, boot, clock, tokenKey })
  }
  const directory = directoryInMemory(t)
  const news: HostNews[] = []
  const onNews: FleetWorld['onNews'] = []
  const host = (name: string, ways: Ways = {}): FleetHost => {
    const engine = engineOf(name, ways)
    const { aheadMs = 0 } = ways
    const now = () => clock.wallMs() + aheadMs
    const aside = new Aside(join(directory, name, 'escrow'), () => '0123456789abcdef')
    const claims = new Claims({
      state: engine.shared as SharedState,
      tokenKey,
      now,
      onNews: (one) => {
        news.push({ ...one, at: name })
        onNews.forEach((told) => told({ ...one, at: name }))
      },
      reserveMs: 25_000,
      patienceMs: 50,
    })
    const options = { onDurable: () => {}, closeLimitMs: 0 }
    const store = new Store(options, { engine, aside, key }, claims)
    const late: FreshToken[] = []
    const { reaches, deadlineMs } = ways
    const runner = new JobRunner({
      openStore: () => Promise.resolve(store),
      isShared: true,
      findProvider: () =>
        Promise.resolve(reaches ?? provider.reachedBy(ways.provider ?? arrives, name, aheadMs)),
      now,
      onLate: (_user, token) => void late.push(token),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    })
    const made: FleetHost = {
      name,
      token: undefined,
      runner,
      store,
      late,
      refresh: async (of = account) => {
        const { number, signedInAt } = made.token ?? {}
        const stage =
          number === undefined || signedInAt === undefined ? undefined : { number, signedInAt }
        const result = await runner.run('refresh', {
          account: of,
          hasToken: made.token !== undefined,
          ...(number === undefined ? {} : { known: stage ?? { number } }),
          ...(stage === undefined ? {} : { newest: stage }),
        })
        if (!('later' in result)) made.token = result
        return result
      },
    }
    t.after(() => store.close())
    return made
  }
  const kept = (part: 'grant' | 'token'): { n: number; sealed: Buffer } | undefined => {
    if (kind === 'memory') return memory.kept(part, user)
    const value = etcd.keys.get(fleetKeyOf('/fleet/', part, user))?.value
    return value && (part === 'grant' ? parseGrantRecord : parseTokenRecord)(value)
  }
  const backUp = () => (kind === 'memory' ? memory : etcd).backUp()
  return { clock, etcd, provider, news, onNews, host, kept, backUp }
}

/** The refresh token that the engine has; undefined: none. */
export function refreshTokenIn({ kept }: FleetWorld): string | undefined {
  const record = kept('grant')
  if (record === undefined) return undefined
  const opened = openEnvelope({ user, associated: numberBytes(record.n) }, record.sealed, key)
  if ('defect' in opened) throw new Error(opened.defect)
  return decodeRecord(opened.plaintext)?.renewal.refreshToken.reveal()
}

/** When an old refresh token may be presented again at the earliest, epoch ms. */
export function takeoverAt({ kept }: FleetWorld): number {
  const record = kept('token')
  const opened = record && openToken(user, record, tokenKey)
  if (opened === undefined || 'defect' in opened) return 0
  return opened.token.expiresAt - opened.token.lifetimeMs / 4
}

const arrives: ProviderWay = () => Promise.resolve('done')

/** Resolves when nothing goes on any more that waits for nothing but memory. */
export async function turns(): Promise<void> {
  for (let left = 50; left > 0; left--) await new Promise(setImmediate)
}

/** Signs in at a host, as `import` does. */
export async function signIn({ provider }: FleetWorld, host: FleetHost): Promise<void> {
  provider.current = '0.0'
  host.token = await host.runner.run('import', { account, refreshToken: '0.0' })
}

/** Signs in at a host, as `login` does in a browser. */
export function redeemCodeAt({ runner }: FleetHost): Promise<FreshToken> {
  const code = { redirectUri: 'http://127.0.0.1', nonce: 'n', code: 'c', codeVerifier: 'v' }
  return runner.run('redeem-code', { account, ...code })
}
