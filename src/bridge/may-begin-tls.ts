import type { ClientTls } from './gate.ts'

/** True where the client may begin TLS now. */
export function mayBeginTls(tls: ClientTls): boolean {
  return tls === 'offered' || tls === 'required'
}
