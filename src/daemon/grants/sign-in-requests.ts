import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import { errorFromWire } from '../../shapes/wire-error.ts'
import type { Begun, Invitations } from '../sign-in/invitations.ts'
import type { Grants } from './grants.ts'

interface SignInRequestsOptions {
  grants: Pick<Grants, 'findPage' | 'obtain'>
  invitations: Pick<Invitations, 'open' | 'retryUrl'>
}

/**
 * Whoever asks for a sign-in: the client, or a person at a page of this machine, that of a notice or of
 * a sign-in that failed. All go on alike, and from each that fails a page leads to the next.
 */
export class SignInRequests {
  readonly #options: SignInRequestsOptions
  readonly #begun = new Map<string, Promise<Begun>>()

  constructor(options: SignInRequestsOptions) {
    this.#options = options
  }

  /** What the client asks for. Aborting `signal` cancels it, unless the person has done their part. */
  signIn(user: string, signal: AbortSignal, method?: SignInMethod): AsyncIterable<SignInProgress> {
    const { grants, invitations } = this.#options
    const retryUrl = () => invitations.retryUrl(user, () => this.begin(user))
    return grants.obtain(user, { method, signal, retryUrl })
  }

  /**
   * The URL of a new page from which a person begins one; undefined where it was withdrawn meanwhile.
   * @throws SignInFailedError where no port can be had
   */
  openPage(user: string): Promise<string | undefined> {
    return this.#options.invitations.open(user, () => this.begin(user))
  }

  /** Takes up the sign-in that is open for the account, so that a second click ends none; else begins one. */
  begin(user: string): Promise<Begun> {
    const pageUrl = this.#options.grants.findPage(user)
    if (pageUrl !== undefined) return Promise.resolve({ pageUrl })
    const open = this.#begun.get(user)
    if (open !== undefined) return open
    const begun = new Promise<Begun>((announce) => {
      void this.#follow(user, announce)
    })
    this.#begun.set(user, begun)
    return begun
  }

  /** To its end: whoever reads no more leaves a sign-in open. */
  async #follow(user: string, announce: (begun: Begun) => void): Promise<void> {
    try {
      for await (const progress of this.signIn(user, new AbortController().signal)) {
        const begun = begunBy(progress)
        if (begun !== undefined) announce(begun)
      }
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      announce({ error })
    } finally {
      this.#begun.delete(user)
    }
  }
}

function begunBy(progress: SignInProgress): Begun | undefined {
  switch (progress.event) {
    case 'url':
      return { pageUrl: progress.url }
    case 'user_code': {
      const { verification_uri_complete: complete, ...code } = progress
      return {
        code: {
          userCode: code.user_code,
          verificationUri: code.verification_uri,
          ...(complete === undefined ? {} : { verificationUriComplete: complete }),
          expiresAt: Date.parse(code.expires_at),
        },
      }
    }
    case 'failed':
      return { error: errorFromWire(progress.error) }
    case 'completed':
      return 'not needed'
    case 'sign_in_of':
    case 'page_opened':
    case 'code_received':
      return undefined
  }
}
