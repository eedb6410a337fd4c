import { providerRefusals } from '../../provider-facts/refusals/provider-refusals.ts'
import type { RefusalRow, Stage } from '../../provider-facts/refusals/refusal-row.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import type { AccountFacts } from '../account-facts.ts'
import { anyImap } from './any-imap.ts'
import { anyMessage } from './any-message.ts'
import { anyPop } from './any-pop.ts'
import { anyProgram } from './any-program.ts'
import { anySmtp } from './any-smtp.ts'
import { anyStartTls } from './any-start-tls.ts'
import { others } from './others.ts'
import { waits } from './waits.ts'

/** What a server said, and where. */
export interface ServerReply {
  protocol: Protocol
  stage: Stage
  /** SMTP's reply code, the status of IMAP, or `-ERR`. */
  code: string
  /** Without the code, one character a byte; what it said besides follows. */
  text: string
}

/** Every row, whose order counts only where two are equally specific. */
export const refusalRows: readonly RefusalRow[] = [
  ...providerRefusals,
  ...others,
  ...anyProgram,
  ...waits,
  ...anyStartTls,
  ...anyImap,
  ...anyPop,
  ...anySmtp,
  ...anyMessage,
]

/** The most specific row that fits: words come before codes, a code before the place. */
export function findRefusal(
  reply: ServerReply,
  { provider }: AccountFacts,
): RefusalRow | undefined {
  const whole = `${reply.code} ${reply.text}`
  const enhanced = /^[245]\.\d{1,3}\.\d{1,3}\b/.exec(reply.text)?.[0]
  const responseCodes = Array.from(whole.matchAll(/\[([A-Z/-]+)[ \]]/gi), ([, name = '']) =>
    name.toUpperCase(),
  )
  let best: RefusalRow | undefined
  for (const row of refusalRows) {
    if (row.provider !== undefined && provider !== undefined && row.provider !== provider) continue
    if (row.protocols?.includes(reply.protocol) === false) continue
    if (row.stages?.includes(reply.stage) === false) continue
    if (row.code !== undefined && !reply.code.startsWith(row.code)) continue
    if (row.enhanced !== undefined && row.enhanced !== enhanced) continue
    if (row.responseCode !== undefined && !responseCodes.includes(row.responseCode)) continue
    if (row.words?.test(whole) === false) continue
    if (best === undefined || weightOf(row) > weightOf(best)) best = row
  }
  return best
}

function weightOf({ words, enhanced, responseCode, code, stages, protocols }: RefusalRow): number {
  return (
    (words === undefined ? 0 : 64) +
    (enhanced === undefined ? 0 : 32) +
    (responseCode === undefined ? 0 : 16) +
    (code === undefined ? 0 : Math.min(code.length, 3) * 2) +
    (stages === undefined ? 0 : 1) +
    (protocols === undefined ? 0 : 0.5)
  )
}
