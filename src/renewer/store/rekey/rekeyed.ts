import type { Jobs } from '../../../messages/renewer-jobs.ts'

/** What became of the records. */
export type Rekeyed = Jobs['rekey-store']['result']

/** How the store is opened. */
export interface RekeyOptions {
  runtimeDirectory: string
  deadlineMs: number
  onWaiting: (reason: string) => void
}
