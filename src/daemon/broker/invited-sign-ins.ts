import { errorFromWire, isCmsOauthError } from '../../errors.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import type { Begun } from '../sign-in/invitations.ts'

interface InvitedSignInsOptions {
  /** The daemon's page of a sign-in that is open for the account already. */
  findPage: (user: string) => string | undefined
  /** Begins a sign-in as the account's `grant` says. */
  signIn: (user: string) => AsyncIterable<SignInProgress>
}

/** The sign-ins that began at the page of a notice; they go on like those of `cms-oauth login`. */
export class InvitedSignIns {
  readonly #options: InvitedSignInsOptions
  readonly #begun = new Map<string, Promise<Begun>>()

  constructor(options: InvitedSignInsOptions) {
    this.#options = options
  }

  /** Takes up the sign-in that is open for the account, so that a second click ends none; else begins one. */
  begin(user: string): Promise<Begun> {
    const pageUrl = this.#options.findPage(user)
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
      for await (const progress of this.#options.signIn(user)) {
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
