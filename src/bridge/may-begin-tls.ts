import type { ClientTls } from './gate.ts'

/** What a client lacks that has not begun TLS where it must; it may have seen that no login is offered, and tried none. */
export function lackOfTls(tls: ClientTls): string | undefined {
  return tls === 'required'
    ? 'it does not begin TLS, which "tls" requires: set the program to STARTTLS (STLS)'
    : undefined
}

/** True where the client may begin TLS now. */
export function mayBeginTls(tls: ClientTls): boolean {
  return tls === 'offered' || tls === 'required'
}
