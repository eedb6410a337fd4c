import type { EndedBy, Remedy } from '../refusals/refusal-row.ts'
import type { SendingApi } from './sending-api.ts'

/**
 * What becomes of a message that an API refuses: somebody has to act, and it waits until then; `token`:
 * another token is needed; `recipients`: it cannot go to all of these addresses; `never`: to none.
 */
export type SendVerdict = EndedBy | 'token' | 'recipients' | 'never'

/**
 * One known refusal. All that is said of how it is recognised must fit, and the first row that fits
 * counts. To add one: copy a row of its API, put in what the API said, and run the tests, which are made
 * from the rows.
 */
export interface SendRefusalRow {
  /** Absent: at any. */
  api?: SendingApi
  /** HTTP statuses from the first to the last; absent: any that is a refusal. */
  status?: readonly [number, number]
  /** Of the error's words and the message, which are matched as `WORD WORD: MESSAGE`. */
  words?: RegExp
  verdict: SendVerdict
  /** The message may be sent all the same. */
  isUncertain?: boolean
  /** It may be about the message alone, as about its From. */
  isOfMessage?: boolean
  /** What is the matter, without full stop. */
  meaning: string
  /** As in Remedy. */
  nextStep: string
  /** Where an application sends and nobody signs in; absent: the same. */
  appOnly?: Remedy
  example: { status: number; body: string }
  /** Where the words come from. */
  source: string
}
