import type { Account } from '../../accounts/account.ts'
import { isCmsOauthError, ProviderProtocolError } from '../../errors.ts'
import {
  type HttpsAnswer,
  type HttpsRequest,
  isGood,
  sendHttpsRequest,
} from '../../https/https-request.ts'
import { sendTokenRequest, type TokenExchange } from '../../https/token-exchange.ts'
import type { Secret } from '../../logging/secret.ts'
import { checkEndpoints } from '../../oauth/next-steps.ts'
import type { IssuedToken, TokenSet } from './issued-token.ts'
import { parseAppTokenAnswer, parseTokenAnswer, refusalOfAnswer } from './token-set.ts'

/**
 * A provider library's way to the network for one call, and a memory of what really came: the
 * libraries have no deadline, and hide status, cause and Retry-After of a failure.
 */
export class RecordedExchange {
  readonly #signal: AbortSignal
  readonly #exchange: TokenExchange | undefined
  #lastAnswer: HttpsAnswer | undefined
  #lastError: unknown
  #lastMethod: HttpsRequest['method'] | undefined

  /** `exchange` is given where the library asks for what may rotate. */
  constructor(signal: AbortSignal, exchange?: TokenExchange) {
    this.#signal = signal
    this.#exchange = exchange
  }

  /** Sends a request of the library. */
  async send(request: Omit<HttpsRequest, 'signal'>): Promise<HttpsAnswer> {
    this.#lastAnswer = undefined
    this.#lastError = undefined
    this.#lastMethod = request.method
    try {
      this.#lastAnswer =
        this.#exchange !== undefined && request.method === 'POST'
          ? await sendTokenRequest(this.#exchange, request)
          : await sendHttpsRequest({ ...request, signal: this.#signal })
      return this.#lastAnswer
    } catch (error) {
      this.#lastError = error
      throw error
    }
  }

  /**
   * Runs a call of the library; what it throws may hold the request with its refresh token, so its
   * failure is described by what came over the network alone.
   */
  async run<T>(account: Account, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (isCmsOauthError(this.#lastError)) throw this.#lastError
      const answer = this.#lastAnswer
      if (answer !== undefined && !isGood(answer.status)) {
        throw refusalOfAnswer(account, answer, 'discovery')
      }
      const { errorCode = 'unknown' } = error as { errorCode?: string }
      throw new ProviderProtocolError(
        `the provider of "${account.user}" sent an answer that its library refuses: ${errorCode}`,
        { hint: checkEndpoints },
      )
    }
  }

  /** Runs a call of the library that asks for tokens, and reads them from what came; see parseTokenAnswer. */
  async fetchTokens(
    account: Account,
    used: Secret | undefined,
    call: () => Promise<unknown>,
  ): Promise<TokenSet> {
    return parseTokenAnswer(account, await this.#fetchAnswer(account, call), used)
  }

  /** The same for a token of the application itself. */
  async fetchAppToken(account: Account, call: () => Promise<unknown>): Promise<IssuedToken> {
    return parseAppTokenAnswer(account, await this.#fetchAnswer(account, call))
  }

  async #fetchAnswer(account: Account, call: () => Promise<unknown>): Promise<HttpsAnswer> {
    try {
      await this.run(account, call)
    } catch (error) {
      // What answers a request for tokens is judged by words of our own, whatever the library says.
      if (this.#lastMethod !== 'POST' || this.#lastAnswer === undefined) throw error
    }
    if (this.#lastAnswer !== undefined) return this.#lastAnswer
    throw new ProviderProtocolError(`the provider of "${account.user}" was not asked`)
  }
}
