import { anyApiRefusals } from './any-api-refusals.ts'
import { gmailApiRefusals } from './gmail-api-refusals.ts'
import { graphRefusals } from './graph-refusals.ts'
import type { SendRefusalRow } from './send-refusal-row.ts'
import type { SendingApi } from './sending-api.ts'

/** What an API said, as far as it tells refusals apart. */
export interface SaidByApi {
  api: SendingApi
  /** Of HTTP. */
  status: number
  /** The words of the error and its message: `WORD WORD: MESSAGE`. */
  words: string
}

/** Every row: those of one API before those of any. */
export const sendRefusalRows: readonly SendRefusalRow[] = [
  ...gmailApiRefusals,
  ...graphRefusals,
  ...anyApiRefusals,
]

/** The first row that fits; the last fits everything. */
export function findSendRefusal(said: SaidByApi): SendRefusalRow {
  const found = sendRefusalRows.find((row) => fits(row, said))
  return found ?? (sendRefusalRows.at(-1) as SendRefusalRow)
}

function fits({ api, status, words }: SendRefusalRow, said: SaidByApi): boolean {
  if (api !== undefined && api !== said.api) return false
  if (status !== undefined && (said.status < status[0] || said.status > status[1])) return false
  return words?.test(said.words) ?? true
}
