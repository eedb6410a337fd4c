import { saslIdentity } from '../../accounts/account.ts'
import type { Accounts } from '../../accounts/accounts.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { AccountUnknownError, isCmsOauthError } from '../../errors.ts'
import type { BridgeToken, FromBridge, ToBridge } from '../../messages/bridge-messages.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import type { TokenSource } from '../socket/token-source.ts'
import type { TokenReplacement } from '../tokens/refused-tokens.ts'

type BridgeRequest = Extract<FromBridge, { type: 'request' }>

interface BridgeRequestsOptions {
  tokens: TokenSource
  refusedTokens: TokenReplacement
  /** The accounts in force at the moment of a login. */
  accounts: () => Accounts
  /** The bridges in force. */
  bridges: () => readonly BridgeConfiguration[]
}

/** Answers a bridge that asks for the token of a login: for accounts that one of the bridges in force serves. */
export class BridgeRequests {
  readonly #options: BridgeRequestsOptions

  constructor(options: BridgeRequestsOptions) {
    this.#options = options
  }

  /**
   * The token, or why there is none. Where a server has refused one, another is fetched first if that may
   * be done already: see TokenReplacement.
   */
  async answer({ id, ...request }: BridgeRequest): Promise<ToBridge> {
    try {
      return { type: 'token', id, token: await this.#token(request) }
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return { type: 'refusal', id, error: errorToWire(error) }
    }
  }

  async #token({ user, protocol, refused }: Omit<BridgeRequest, 'id'>): Promise<BridgeToken> {
    const account = this.#options.accounts().find(user)
    const isServed = this.#options.bridges().some((bridge) => {
      const isMailServers = bridge.protocol === protocol && bridge.outbox === undefined
      return isMailServers && bridge.accounts.some((each) => each.user === user)
    })
    if (account === undefined || !isServed) {
      throw new AccountUnknownError(`no bridge serves "${user}" any more`, {
        hint: 'see the configuration',
      })
    }
    if (refused !== undefined) {
      await this.#options.refusedTokens.replace({ user, protocol, ...refused })
    }
    const { accessToken, fingerprint } = await this.#options.tokens.serve(user)
    return { user: saslIdentity(account, protocol), accessToken: accessToken.reveal(), fingerprint }
  }
}
