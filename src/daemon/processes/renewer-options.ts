import type { Account } from '../../accounts/account.ts'
import type { Configuration, StoreConfiguration } from '../../configuration/configuration.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { Confinement } from '../../messages/confinement.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { ProgramFiles } from '../../package/program-files.ts'
import type { SpareRenewer } from './spare-renewer.ts'

/** What a renewer process is started with. */
export interface RenewerOptions {
  /** The renewer's program file. */
  modulePath: string
  env: NodeJS.ProcessEnv
  /** A process that was started ahead of time, for the first job. */
  spare?: SpareRenewer
  store: StoreConfiguration
  /** Takes sealed records while the state directory does not. */
  runtimeDirectory: string
  /** What a process may open under a configuration; undefined: what its user may. */
  confinementFor?: (configuration: Configuration) => Confinement | undefined
  log: Log
  programFiles?: ProgramFiles
  /** A record that the disk had refused has been saved. */
  onDurable: (user: string) => void
  /** What was asked for under this account came, and is sealed, after its job had been answered. */
  onLate: (account: Account, refreshed: FreshToken) => void
  /** A refresh that was answered for ended so that nobody knows whether it rotated. */
  onLost: (user: string, error: CmsOauthError) => void
  /** A sign-in is sealed though its job failed. */
  onKept: (user: string) => void
  /** What came after a logout that revokes was dropped, and revoked too where that could be done. */
  onDropped: (user: string, wasRevoked: boolean) => void
  heartbeatLimitMs?: number
  idleLimitMs?: number
  /** Between the polls of a device code, which come every 5 s, or 10 s after a slow_down. */
  pollIdleLimitMs?: number
}
