import type { Configuration } from '../../configuration/configuration.ts'
import type { Finding } from '../../configuration/finding.ts'
import { readServerCertificate } from '../../configuration/server-certificate.ts'
import { outcomeOf } from './attempt.ts'

/** Reads what bridges and outboxes show to programs as a start would, each pair of files once. When they expire, doctor says. */
export async function certificateFindings({
  bridges,
  outboxes,
}: Configuration): Promise<Finding[]> {
  const pairs = new Map<string, Promise<Finding[]>>()
  const listeners = [
    ...bridges.map((bridge) => ['bridge', bridge] as const),
    ...outboxes.map(({ listener }) => ['outbox', listener] as const),
  ]
  for (const [subject, listener] of listeners) {
    const files = listener?.certificate
    if (files === undefined) continue
    const name = JSON.stringify(files)
    pairs.set(name, pairs.get(name) ?? outcomeOf(subject, readServerCertificate(files)))
  }
  return (await Promise.all(pairs.values())).flat()
}
