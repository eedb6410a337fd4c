import type { CmsOauthError, ErrorCode } from '../errors.ts'
import type { WireError } from '../shapes/wire-error.ts'

/** One result of `doctor` or `cms-oauthd --check`. */
export interface Finding {
  level: 'ok' | 'warning' | 'failure'
  /** What was checked, in a word or two. */
  subject: string
  text: string
  /** What to change; empty if all is well. */
  hint: string
  /** The error code of a failure. */
  code?: ErrorCode
  /** The account it is about; absent: all of them. */
  user?: string
}

/** The subject of what is in the way of the control socket, by which `doctor` knows it. */
export const controlSocketSubject = 'control socket'

/** The subject of what the daemon has closed to itself and its children: of nobody else it is true. */
export const confinementSubject = 'confinement'

/** Nothing to change. */
export function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text, hint: '' }
}

/** It works, or may work, and somebody should know. */
export function warning(subject: string, text: string, hint: string): Finding {
  return { level: 'warning', subject, text, hint }
}

/** Mail programs will not get what they need. */
export function failure(subject: string, code: ErrorCode, text: string, hint: string): Finding {
  return { level: 'failure', subject, text, hint, code }
}

/** The finding for an error of this process. */
export function errorFinding(subject: string, { code, message, hint }: CmsOauthError): Finding {
  return failure(subject, code, message, hint)
}

/** The finding for an error that the daemon sent. */
export function wireErrorFinding(subject: string, error: WireError): Finding {
  return failure(subject, error.error, error.error_description, error.hint)
}
