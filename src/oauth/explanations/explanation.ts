import type { Actor } from '../../errors.ts'

/**
 * One row of what the refusals of providers mean. Numbers are Microsoft's (AADSTS), words are those of
 * RFC 6749 and of the providers.
 */
export interface Explanation {
  /** Microsoft's number, which decides where the answer has one. */
  aadsts?: number
  /** The OAuth `error` of the answer; absent beside a description: whatever the word. */
  error?: string
  /** What its `error_description` must say besides. */
  description?: RegExp
  /** Without subject and full stop; absent: the provider's own words are plain enough. */
  meaning?: string
  /** Who can resolve it; `operator`: whoever writes the configuration, and no sign-in does. */
  actor: Actor | 'operator'
  /** `{login}` stands for the command that signs in. */
  nextStep: string
}

/** Microsoft's numbers with their meaning and the next step. */
export type NumberedRow = [numbers: number[], meaning: string, nextStep: string]

/** Where only time helps, and the daemon tries again on its own. */
export const wait = 'this is temporary; it is tried again automatically'
