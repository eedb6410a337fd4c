import { type Actor, triedAgain } from '../../errors.ts'

/**
 * One row of the table of refusals. Numbers are Microsoft's (AADSTS), words are those of RFC 6749
 * and of the providers.
 */
export interface Explanation {
  /** Microsoft's number, which decides where the answer has one. */
  aadsts?: number
  /** The OAuth `error` of the answer; absent beside a description: whatever the word. */
  error?: string
  /** What its `error_description` must match as well. */
  description?: RegExp
  /** Without subject and full stop; absent if the provider's own words are clear enough. */
  meaning?: string
  /** Who can fix it; `operator`: whoever writes the configuration, as a sign-in does not help. */
  actor: Actor | 'operator'
  /**
   * `{login}` stands for the command that signs in, `{reload}`, at the end of what changes the
   * configuration, for the commands after that. Without either it goes on with what to run then.
   */
  nextStep: string
}

/** Microsoft's numbers with their meaning and the next step. */
export type NumberedRow = [numbers: number[], meaning: string, nextStep: string]

/** For temporary trouble, where the daemon tries again on its own. */
export const wait = `this is temporary; it ${triedAgain}`
