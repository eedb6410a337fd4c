import type { ErrorCode } from '../errors.ts'

/** sysexits(3): EX_CONFIG is for all that a restart does not fix, EX_TEMPFAIL for the rest. */
const exitConfig = 78
const exitStatus: Partial<Record<ErrorCode, number>> = {
  usage: 64,
  store_locked: 75,
  provider_unavailable: 75,
  daemon_unreachable: 75,
}

/** What the daemon exits with after an error. */
export function exitStatusOf(code: ErrorCode): number {
  return exitStatus[code] ?? exitConfig
}

/** What each exit status tells, for help text and manual. */
export const exitMeanings: Record<number, string> = {
  0: 'told to stop',
  64: 'bad usage',
  75: 'try later: another process has the store or a socket, an address to listen on is not there, the keyring is locked, or the configuration cannot be read within 20 seconds',
  [exitConfig]: 'bad configuration, store or environment: a restart does not help',
}
