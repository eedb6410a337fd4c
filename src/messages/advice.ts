/** What the control socket says of what there is to do. */
import type { Actor } from '../errors.ts'

/** One thing to do about an account, or to wait for. */
export interface Advice {
  about: 'access' | 'permissions' | 'store' | 'token_file' | 'end'
  /** As it is said in a column. */
  in_short: 'sign in' | 'finish sign-in' | 'wait' | 'ask an administrator' | 'see below'
  /** Who can end it. */
  actor: Actor
  /** True if mail programs get no token, or will not get another, until somebody has acted. */
  is_urgent: boolean
  /** What is the matter, in one sentence. */
  message: string
  next_step: string
}

/** What a sign-in was asked for and does not allow. */
export interface MissingPermissions {
  message: string
  next_step: string
  /** False if the server names its scopes otherwise, so that nothing may be missing. */
  is_certain: boolean
}
