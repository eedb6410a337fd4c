import type { ErrorCode } from '../errors.ts'

/** sysexits(3): EX_CONFIG is for all that a restart does not fix, EX_TEMPFAIL for the rest. */
const exitConfig = 78
/** What may be over soon: a start that failed so is tried again. */
export const exitTemporary = 75
const exitStatus: Partial<Record<ErrorCode, number>> = {
  usage: 64,
  store_locked: exitTemporary,
  provider_unavailable: exitTemporary,
  daemon_unreachable: exitTemporary,
}

/** What the daemon exits with after an error. */
export function exitStatusOf(code: ErrorCode): number {
  return exitStatus[code] ?? exitConfig
}

/** What each exit status tells, for help text and manual. */
export const exitMeanings: Record<number, string> = {
  0: 'told to stop',
  64: 'bad usage',
  [exitTemporary]:
    'try later: another process has the store or a socket, an address to listen on is not there, the keyring is locked, or the configuration cannot be read within 20 seconds',
  [exitConfig]: 'bad configuration, store or environment: a restart does not help',
}
