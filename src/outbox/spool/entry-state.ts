import { parseJsonAs } from '../../shapes/parse-json-as.ts'
import { number, openFields, optional, text } from '../../shapes/shape.ts'

/** How the tries of an entry went: small, and no loss where it is lost. A newer version may say more of them. */
export interface EntryState {
  tries: number
  /** Why the last one failed, in words. */
  reason: string
  /** What ends that. */
  hint?: string
  /** For how long it has been tried while a program ran that could, in ms. */
  triedMs?: number
  /** How many of the tries may have sent it. */
  uncertainTries?: number
  /** When it was abandoned. */
  failedAt?: number
}

const stateShape = openFields<EntryState>({
  tries: number,
  reason: text,
  hint: optional(text),
  triedMs: optional(number),
  uncertainTries: optional(number),
  failedAt: optional(number),
})

/** Undefined for what is not one. */
export function parseState(json: string): EntryState | undefined {
  return parseJsonAs(json, stateShape)
}
