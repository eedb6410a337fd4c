import { actorOf, type CmsOauthError } from '../errors.ts'
import { NoPlaceError } from './places.ts'

/**
 * What a failed login means for a program: what it needs is away for a while, somebody must act first,
 * or all connections are in use.
 */
export type FailureKind = 'away' | 'stopped' | 'full'

/** Which of them a failed login is. A server that does not answer as it should may do so again later. */
export function failureKindOf(failure: CmsOauthError): FailureKind {
  if (failure instanceof NoPlaceError) return 'full'
  switch (failure.code) {
    case 'daemon_unreachable':
    case 'provider_protocol':
      return 'away'
    case 'mail_login_refused':
      return failure.fault === 'credential' || actorOf(failure) === 'administrator'
        ? 'stopped'
        : 'away'
    default:
      return actorOf(failure) === 'nobody' ? 'away' : 'stopped'
  }
}
