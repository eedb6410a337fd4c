/** The user of this process. */
export function ownUserId(): number {
  return process.geteuid?.() ?? 0
}

/** True for root and for the user that is asked for: the one of this process, if nothing is said. */
export function isTrusted(uid: number, us = ownUserId()): boolean {
  return uid === 0 || uid === us
}
