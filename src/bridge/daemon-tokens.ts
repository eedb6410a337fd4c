import { type CmsOauthError, DaemonUnreachableError } from '../errors.ts'
import type {
  BridgeToken,
  BridgeTokenRefusal,
  FromBridge,
  ToBridge,
} from '../messages/bridge-messages.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { errorFromWire } from '../shapes/wire-error.ts'

interface Waiting {
  resolve: (token: BridgeToken) => void
  reject: (error: CmsOauthError) => void
}

/** A token that is wanted. */
export interface WantedToken {
  user: string
  protocol: Protocol
  /** The one instead of which another is wanted. */
  refused?: BridgeTokenRefusal
}

/** Tokens as the daemon gives them, one for each login. */
export class DaemonTokens {
  readonly #send: (message: FromBridge) => void
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  constructor(send: (message: FromBridge) => void) {
    this.#send = send
  }

  /**
   * A token; the same one where there is no other for one that was refused.
   * @throws CmsOauthError as the daemon says; DaemonUnreachableError where it says nothing in time
   */
  async request(wanted: WantedToken, limitMs: number): Promise<BridgeToken> {
    const id = ++this.#lastId
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<BridgeToken>((resolve, reject) => {
        timer = setTimeout(() => reject(noAnswer()), limitMs)
        this.#waiting.set(id, { resolve, reject })
        this.#send({ type: 'request', id, ...wanted })
      })
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** Takes what the daemon answers; late answers are dropped. */
  receive(message: Extract<ToBridge, { type: 'token' | 'refusal' }>): void {
    const waiting = this.#waiting.get(message.id)
    if (message.type === 'token') waiting?.resolve(message.token)
    else waiting?.reject(errorFromWire(message.error))
  }
}

function noAnswer(): DaemonUnreachableError {
  return new DaemonUnreachableError('cms-oauthd does not answer its bridge', {
    hint: 'try again later; if this keeps happening, restart cms-oauthd',
  })
}
