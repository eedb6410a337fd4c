import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import type { TokenExchange } from '../../../src/https/token-exchange.ts'
import { Secret } from '../../../src/logging/secret.ts'
import { renewalBy } from '../../../src/renewer/jobs/sealed-grant.ts'
import type { TokenSet } from '../../../src/renewer/providers/issued-token.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import { gate, noDeviceFlow } from '../../support/jobs.ts'

/** How the slow request ends: with tokens, with tokens of somebody else, refused, or so that nobody knows. */
export type SlowEnd = 'tokens' | 'of somebody else' | 'refused' | 'lost'

/**
 * A provider of one person who has signed in more than once. Every refresh token is `NAME.COUNT`, and an old
 * one that comes again ends its sign-in. The sign-in "newer" is answered when the test says so.
 */
export class TwoSignIns {
  readonly #now: () => number
  readonly #counts = new Map<string, number>()
  readonly #slow = gate()
  #end: SlowEnd = 'tokens'
  #signIns = 0
  /** Awaited before the older one is refreshed. */
  beforeOlder: () => Promise<void> = () => Promise.resolve()
  /** Every refresh token that was presented. */
  presented: string[] = []
  revoked: string[] = []
  /** The sign-ins of which an old refresh token came. */
  dead = new Set<string>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Has the slow request end. */
  answer(end: SlowEnd): void {
    this.#end = end
    this.#slow.open()
  }

  /** As every host reaches it. */
  readonly provider: Provider = {
    startAuthorization: () => Promise.reject(new Error('not asked')),
    deviceFlow: noDeviceFlow,
    fetchAppToken: () => Promise.reject(new Error('not asked')),
    redeemCode: (_account, _redemption, exchange) => {
      this.#signIns += 1
      exchange.maySend()
      return this.#issue(this.#signIns === 1 ? 'older' : 'again', exchange)
    },
    refresh: async (_account, { refreshToken }, exchange) => {
      if (!exchange.maySend()) throw new ProviderUnavailableError('it was too late to ask')
      const [name = '', count] = refreshToken.reveal().split('.')
      this.presented.push(refreshToken.reveal())
      const isOld = Number(count) !== (this.#counts.get(name) ?? 0)
      if (isOld) this.dead.add(name)
      if (this.dead.has(name)) throw new SignInRequiredError('it was used before')
      if (name !== 'newer') {
        await this.beforeOlder()
        return this.#issue(name, exchange)
      }
      this.#counts.set(name, Number(count) + 1)
      await this.#slow.passed
      if (this.#end === 'lost') throw new ProviderUnavailableError('lost', { isFateUnknown: true })
      if (this.#end === 'refused') {
        this.#counts.set(name, Number(count))
        throw new SignInRequiredError('it is not wanted any more')
      }
      const tokens = await this.#issue(name, exchange, Number(count) + 1)
      return this.#end === 'tokens' ? tokens : { ...tokens, identities: ['other@example.com'] }
    },
    revoke: (_account, { refreshToken }) => {
      this.revoked.push(refreshToken.reveal())
      return Promise.resolve(true)
    },
  }

  async #issue(
    name: string,
    exchange: TokenExchange,
    count = (this.#counts.get(name) ?? -1) + 1,
  ): Promise<TokenSet> {
    this.#counts.set(name, count)
    const refreshToken = new Secret(`${name}.${count}`)
    await exchange.keep(refreshToken)
    return {
      accessToken: new Secret(`access ${name}.${count}`),
      expiresAt: this.#now() + 3_600_000,
      scopes: ['mail'],
      renewal: renewalBy(refreshToken),
      identities: [],
    }
  }
}
