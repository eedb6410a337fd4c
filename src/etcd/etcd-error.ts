/** Why etcd did not do what it was asked, and what is known of that. */

/** What is wrong with an engine, its certificate, the user or the request. */
export type EtcdTroubleKind =
  | 'unreachable'
  | 'slow'
  | 'no_leader'
  | 'no_space'
  | 'busy'
  | 'certificate'
  | 'client_certificate'
  | 'common_name'
  | 'tls'
  | 'not_etcd'
  | 'other_cluster'
  | 'password'
  | 'not_authenticated'
  | 'no_user'
  | 'auth_disabled'
  | 'permission'
  | 'too_large'
  | 'too_long'
  | 'compacted'
  | 'lease_gone'
  | 'refused'
  | 'cancelled'

/** The same in words. */
export interface EtcdTrouble {
  kind: EtcdTroubleKind
  /** Without the endpoint, which the error adds: "refuses the password of "relay1"". */
  message: string
  /** The next step. */
  hint: string
}

const temporary: readonly EtcdTroubleKind[] = [
  'unreachable',
  'slow',
  'no_leader',
  'no_space',
  'busy',
  'cancelled',
  'compacted',
  'lease_gone',
  'not_authenticated',
]

/** True where waiting may be enough; else somebody must change something. */
export function isTemporary(kind: EtcdTroubleKind): boolean {
  return temporary.includes(kind)
}

/** What all errors of an engine have. */
export abstract class EtcdError extends Error {
  /** As it is configured: `https://HOST:PORT`. */
  readonly endpoint: string
  readonly trouble: EtcdTroubleKind
  readonly hint: string

  constructor(endpoint: string, { kind, message, hint }: EtcdTrouble, cause?: unknown) {
    super(`etcd at "${endpoint}" ${message}`, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.endpoint = endpoint
    this.trouble = kind
    this.hint = hint
  }
}

/** The engine refused, and has done nothing. */
export class EtcdRefusedError extends EtcdError {
  readonly fate = 'not_done'
}

/** Nobody knows whether it was done: read back before anything else. */
export class EtcdUnknownError extends EtcdError {
  readonly fate = 'unknown'
}

/** No endpoint took the request, or it only read: nothing was done. */
export class EtcdUnavailableError extends EtcdError {
  readonly fate = 'not_done'
}

/** True for an error of an engine. */
export function isEtcdError(
  error: unknown,
): error is EtcdRefusedError | EtcdUnknownError | EtcdUnavailableError {
  return error instanceof EtcdError
}
