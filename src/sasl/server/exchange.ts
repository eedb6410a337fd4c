import type { PasswordList, PasswordVerifier } from './passwords.ts'

/** Who a client says it is, and the password that it has shown or proved to know, if it has. */
export interface Claim {
  user: string
  /** The authorization identity, where it differs from none; empty: that of `user`. */
  authorizationId: string
  password: PasswordVerifier | undefined
}

/** One exchange of a mechanism. @throws MalformedResponseError from `next` */
export type Exchange = Generator<string, Claim, string>

/** What a mechanism is given. */
export interface MechanismContext {
  /** As they are now: one may be removed while a client thinks. */
  passwords: () => PasswordList
  /** Printable ASCII without a comma, new each time. */
  nonce: string
}

/** A response that the mechanism's grammar does not know. */
export class MalformedResponseError extends Error {}
