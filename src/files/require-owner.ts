import { InsecureFileModeError } from '../errors.ts'

/**
 * Refuses what belongs neither to root nor to us; `what` begins the message, like `the key "PATH"`.
 * @throws InsecureFileModeError
 */
export function requireOwner(what: string, uid: number): void {
  if (isTrusted(uid)) return
  throw new InsecureFileModeError(`${what} belongs to the user ${uid}`, {
    hint: 'it must belong to root or to the user that cms-oauthd runs as',
  })
}

/** True for root and for the user of this process. */
export function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.()
}
