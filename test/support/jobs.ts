import assert from 'node:assert/strict'
import type { CmsOauthError } from '../../src/errors.ts'
import { Secret } from '../../src/logging/secret.ts'
import { JobRunner } from '../../src/renewer/jobs/jobs.ts'
import type { DeviceFlow } from '../../src/renewer/providers/device-flow.ts'
import type { IssuedToken, Renewal, TokenSet } from '../../src/renewer/providers/issued-token.ts'
import type { Provider } from '../../src/renewer/providers/provider.ts'
import type { RecordKind } from '../../src/sealing/envelope.ts'
import { loneClaim } from '../../src/renewer/store/claim.ts'
import type { StoredGrant } from '../../src/renewer/store/record.ts'
import type { Store } from '../../src/renewer/store/store.ts'
import { testAccount } from './accounts.ts'

/** The runner's clock, epoch ms. */
export const now = Date.UTC(2026, 0, 1)
/** Whose jobs they are. */
export const account = testAccount()
const { user } = account
/** What comes back from a sign-in page. */
export const redemption = {
  account,
  redirectUri: 'http://127.0.0.1:1/',
  nonce: 'n',
  code: 'c',
  codeVerifier: 'v',
}

/** What the provider gives. */
export function tokens(changes: Partial<TokenSet> = {}): TokenSet {
  return {
    accessToken: new Secret('access'),
    expiresAt: now + 3_600_000,
    scopes: ['mail'],
    renewal: renewal('rotated'),
    identities: [user],
    ...changes,
  }
}

/** What the provider gives to a client that asks for itself. */
export function appToken(changes: Partial<IssuedToken> = {}): IssuedToken {
  return {
    accessToken: new Secret('app-access'),
    expiresAt: now + 3_600_000,
    scopes: ['mail'],
    ...changes,
  }
}

/** A renewal with this refresh token. */
export function renewal(refreshToken: string): Renewal {
  return { kind: 'refresh_token', refreshToken: new Secret(refreshToken) }
}

/** A grant in the store. */
export function grant(changes: Partial<StoredGrant> = {}): StoredGrant {
  return {
    user,
    provider: 'oidc',
    issuer: account.issuer,
    clientId: 'client',
    renewal: renewal('stored'),
    scopes: ['mail'],
    signedInAt: 1,
    refreshedAt: 2,
    ...changes,
  }
}

/** Of a provider that is not asked for device codes. */
export const noDeviceFlow: DeviceFlow = {
  start: () => Promise.reject(new Error('not asked')),
  poll: () => Promise.reject(new Error('not asked')),
}

/** A runner whose store and provider write down what happens to them. */
export function prepareJobs(
  options: {
    provider?: Partial<Provider>
    store?: Partial<Store>
    grants?: StoredGrant[]
    unconfirmed?: StoredGrant[]
    /** Whether an account is signed in as whoever comes. */
    isSignedInElsewhere?: boolean
    openStore?: () => Promise<void>
    deadlineMs?: number
    exchangeLimitMs?: number
  } = {},
) {
  const happened: string[] = []
  /** Whose exchanges were open, at each change. */
  const exchanges: string[] = []
  const unconfirmed = new Map((options.unconfirmed ?? []).map((kept) => [kept.user, kept]))
  const grants = new Map((options.grants ?? []).map((stored) => [stored.user, stored]))
  const provider: Provider = {
    startAuthorization: () => Promise.resolve({ url: 'https://issuer.example/auth' }),
    deviceFlow: noDeviceFlow,
    redeemCode: () => Promise.resolve(tokens()),
    refresh: (_account, { refreshToken }) => {
      happened.push(`refresh with ${refreshToken.reveal()}`)
      return Promise.resolve(tokens())
    },
    fetchAppToken: ({ user }) => {
      happened.push(`app token of ${user}`)
      return Promise.resolve(appToken())
    },
    revoke: (_account, { refreshToken }) => {
      happened.push(`revoke ${refreshToken.reveal()}`)
      return Promise.resolve(true)
    },
    ...options.provider,
  }
  const store = {
    overview: {
      hasSignInOf: () => Promise.resolve(options.isSignedInElsewhere === true),
      list: (wanted: string[]) => Promise.resolve(wanted.flatMap((one) => grants.get(one) ?? [])),
      listOthers: () => Promise.resolve([]),
      listUnconfirmed: (wanted: string[]) =>
        Promise.resolve(wanted.flatMap((one) => unconfirmed.get(one) ?? [])),
    },
    hold: () => Promise.resolve(),
    claim: () => Promise.resolve({ kind: 'mine', claim: loneClaim }),
    read: (wanted: string) => Promise.resolve(grants.get(wanted)),
    readUnder: (_claim: unknown, wanted: string): ReturnType<Store['read']> => store.read(wanted),
    save: (saved: StoredGrant) => {
      happened.push(`save ${saved.renewal.refreshToken.reveal()}`)
      grants.set(saved.user, saved)
      return Promise.resolve({ isDurable: true })
    },
    readUnconfirmed: (wanted: string) => Promise.resolve(unconfirmed.get(wanted)),
    removeUnconfirmed: (removed: string) => Promise.resolve(unconfirmed.delete(removed)),
    reserve: (_user: string, { kind }: { kind: RecordKind }) =>
      Promise.resolve({
        save: (saved: StoredGrant) => {
          if (kind === 'grant') return store.save(saved)
          happened.push(`keep ${saved.renewal.refreshToken.reveal()}`)
          unconfirmed.set(saved.user, saved)
          return Promise.resolve({ isDurable: true })
        },
        release: () => {},
      }),
    remove: (removed: string) => {
      happened.push(`remove ${removed}`)
      return Promise.resolve(grants.delete(removed))
    },
    close: () => {
      happened.push('close')
      return Promise.resolve()
    },
    ...options.store,
  } as Partial<Store> as Store
  const runner = new JobRunner({
    openStore: async () => {
      await options.openStore?.()
      happened.push('open')
      return store
    },
    findProvider: () => Promise.resolve(provider),
    now: () => now,
    onLate: (late, { accessToken }) => happened.push(`late ${late} ${accessToken}`),
    onKept: (late) => happened.push(`kept ${late}`),
    onDropped: (gone, wasRevoked) => happened.push(`dropped ${gone} ${wasRevoked}`),
    onLost: (lost) => happened.push(`lost ${lost}`),
    onExchanges: (open) => exchanges.push(open.join(' ')),
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    ...(options.exchangeLimitMs === undefined ? {} : { exchangeLimitMs: options.exchangeLimitMs }),
  })
  return { runner, happened, grants, unconfirmed, exchanges }
}

/** A promise that a test settles. */
export function gate(): { passed: Promise<void>; open: () => void } {
  const waiting: (() => void)[] = []
  const passed = new Promise<void>((resolve) => waiting.push(resolve))
  return { passed, open: () => waiting[0]?.() }
}

/** What a job fails with: code, message and hint. */
export const throwsCode =
  (code: string, message: RegExp, hint = /./) =>
  (error: CmsOauthError) => {
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.match(error.hint, hint)
    return true
  }
