import { StoreUnreadableError } from '../../errors.ts'

/** The error of a token that hosts share and this one cannot open. */
export function unreadableToken(user: string, reason: string): StoreUnreadableError {
  return new StoreUnreadableError(
    `the token of "${user}" that hosts share cannot be read here: ${reason}`,
    { hint: 'all hosts of a store need the same keys: copy them from a host that works' },
  )
}
