/** Which grant of an account a token was got by; absent: not known, or hosts do not count them. */
interface Stage {
  /** Epoch ms of the sign-in: a later one counts its grants from the beginning. */
  signedInAt?: number
  number?: number
}

/** True where a token is of a later sign-in than what is known, or of a later grant of the same one. */
export function isNewer(shared: Stage, known: Stage | undefined): boolean {
  if (known === undefined) return true
  const [one, other] = [shared.signedInAt ?? 0, known.signedInAt ?? 0]
  return one === other ? (shared.number ?? 0) > (known.number ?? -1) : one > other
}
