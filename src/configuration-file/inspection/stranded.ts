import type { Configuration } from '../../configuration/configuration.ts'
import { type Finding, warning } from '../../configuration/finding.ts'
import { strandedSpools } from '../../spool/stranded-spools.ts'

/** Mail that waits for an [[outbox]] that has another name by now, or is gone: nobody sends it. */
export function strandedFindings(
  configuration: Pick<Configuration, 'outboxes' | 'store'>,
): Finding[] {
  return strandedSpools(configuration).map(({ path, reason, hint }) =>
    warning('outbox', `${path}: ${reason}`, hint),
  )
}
