import { actorOf, type CmsOauthError } from '../errors.ts'
import { NoPlaceError } from './places.ts'

/**
 * What a failed login means for a program: what it needs is away for a while, somebody must act first,
 * or all connections are in use.
 */
export type Trouble = 'away' | 'stopped' | 'full'

/** The trouble of a login that failed. A server that is not as it should be may be so again. */
export function troubleOf(failure: CmsOauthError): Trouble {
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
