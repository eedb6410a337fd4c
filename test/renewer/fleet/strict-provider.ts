import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import type { TokenExchange } from '../../../src/https/token-exchange.ts'
import { Secret } from '../../../src/logging/secret.ts'
import type { Renewal, TokenSet } from '../../../src/renewer/providers/issued-token.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import { renewalBy } from '../../../src/renewer/jobs/sealed-grant.ts'
import { noDeviceFlow } from '../../support/jobs.ts'

/** A moment at which a test decides what happens next: `lost`, no answer comes. */
export type Way = () => Promise<'done' | 'lost'>

/** A provider that revokes a sign-in as soon as an old refresh token comes again. */
export class StrictProvider {
  readonly lifetimeMs: number
  readonly #now: () => number
  #generation = 0
  #signIns = 0
  /** The one refresh token that is good. */
  current = ''
  /** How often an old one came. */
  reuses = 0
  refreshes = 0
  revoked: string[] = []
  isLenient = false
  /** Called with the name of the host from which an old refresh token comes. */
  onReuse = (_host: string) => {}

  constructor(now: () => number, lifetimeMs: number) {
    this.#now = now
    this.lifetimeMs = lifetimeMs
  }

  /**
   * As a host reaches it, which counts lifetimes by its own clock; `way` is waited for before the request
   * leaves, and before its answer.
   */
  reachedBy(way: Way, host: string, aheadMs = 0): Provider {
    const dated = (tokens: TokenSet) => ({ ...tokens, expiresAt: tokens.expiresAt + aheadMs })
    const ask = async (exchange: TokenExchange, answer: () => TokenSet): Promise<TokenSet> => {
      await way()
      if (!exchange.maySend()) throw new ProviderUnavailableError('it was too late to ask')
      const tokens = dated(answer())
      if ((await way()) === 'lost') {
        throw new ProviderUnavailableError('no answer came', { isFateUnknown: true })
      }
      await exchange.keep(tokens.renewal.refreshToken)
      return tokens
    }
    return {
      startAuthorization: () => Promise.reject(new Error('not asked')),
      deviceFlow: noDeviceFlow,
      redeemCode: (_account, _redemption, exchange) => ask(exchange, () => this.#signIn()),
      refresh: (_account, renewal, exchange) => ask(exchange, () => this.#refresh(renewal, host)),
      fetchAppToken: async () => {
        await way()
        this.refreshes += 1
        return dated(this.#tokens())
      },
      revoke: (_account, { refreshToken }) => {
        this.revoked.push(refreshToken.reveal())
        return Promise.resolve(true)
      },
    }
  }

  #signIn(): TokenSet {
    this.#signIns += 1
    return this.#rotate()
  }

  #refresh({ refreshToken }: Renewal, host: string): TokenSet {
    this.refreshes += 1
    const presented = refreshToken.reveal()
    if (presented === this.current) return this.#rotate()
    this.reuses += 1
    this.onReuse(host)
    const isOfThisSignIn = presented.startsWith(`${this.#signIns}.`)
    if (this.isLenient && isOfThisSignIn) return this.#rotate()
    // Another sign-in is not revoked with it.
    if (isOfThisSignIn) this.current = 'revoked'
    throw new SignInRequiredError('the refresh token was used before', {
      answer: { status: 400, error: 'invalid_grant' },
    })
  }

  #rotate(): TokenSet {
    this.#generation += 1
    this.current = `${this.#signIns}.${this.#generation}`
    return this.#tokens()
  }

  #tokens(): TokenSet {
    return {
      accessToken: new Secret(`access ${this.current || this.refreshes}`),
      expiresAt: this.#now() + this.lifetimeMs,
      scopes: ['mail'],
      renewal: renewalBy(new Secret(this.current)),
      identities: [],
    }
  }
}
