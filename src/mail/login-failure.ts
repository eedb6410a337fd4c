import type { CmsOauthError } from '../errors.ts'

/**
 * Why a login at a mail server failed: the server refuses the credential, its certificate does not hold,
 * it is unfit in another way (not the protocol, no STARTTLS, no mechanism for a token, hostile), it asks
 * to come back, or there is no way to it.
 */
export type LoginFailure = 'credential' | 'certificate' | 'server' | 'temporary' | 'unreachable'

/** The kind of an error that a session or a connection threw; undefined for any other error. */
export function loginFailure(error: CmsOauthError): LoginFailure | undefined {
  if (error.code === 'mail_login_refused') return error.fault
  if (error.code !== 'provider_unavailable') return undefined
  // A server that answers is always given a time to wait.
  return error.retryAfterMs === undefined ? 'unreachable' : 'temporary'
}
