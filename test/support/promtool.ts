import { existsSync } from 'node:fs'

/** Debian's promtool, as .ci/run has unpacked it. */
export const promtool = '/opt/prometheus/usr/bin/promtool'

if (!existsSync(promtool)) {
  throw new Error("Debian's prometheus is missing in /opt/prometheus: see the list in .ci/run")
}
