import { MailLoginRefusedError, ProviderUnavailableError } from '../errors.ts'
import { type MailServer, writeServer } from './mail-server.ts'

/**
 * The error of a connection that a library reports; trouble that TLS ends is a refusal of ours.
 * `isHandshake`: it had not got through the TLS handshake yet.
 */
export function connectionFailure(
  server: MailServer,
  error: unknown,
  isHandshake: boolean,
): MailLoginRefusedError | ProviderUnavailableError {
  const { code = '', name, message } = error as NodeJS.ErrnoException
  const where = `"${writeServer(server)}"`
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|^INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH/.test(code)) {
    return new MailLoginRefusedError(`the certificate of ${where} does not hold: ${code}`, {
      hint: certificateHint(code),
      cause: error,
    })
  }
  if (/SSL|EPROTO|TLS/.test(code)) {
    return new MailLoginRefusedError(`there is no TLS 1.2 with ${where}: ${code}`, {
      hint: 'the port may speak another protocol (587 starts in plain text, 465 with TLS), or the server is too old to be trusted',
      cause: error,
    })
  }
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return connectionEnded(server, isHandshake, error)
  const isLate = name === 'AbortError' || name === 'TimeoutError'
  const reason = isLate ? 'no answer in time' : code || message
  return new ProviderUnavailableError(`${where} cannot be reached: ${reason}`, {
    hint: 'compare host and port with what your provider publishes; a firewall may be in between',
    cause: error,
  })
}

/** The server ended the connection, by a reset or in good order: in a race it may be either. */
export function connectionEnded(
  server: MailServer,
  isHandshake = false,
  cause?: unknown,
): ProviderUnavailableError {
  const when = isHandshake ? ' during the TLS handshake' : ''
  const reason = isHandshake
    ? 'it may know no TLS 1.2, or a firewall may be in between'
    : 'the server may not want to hear from this network'
  return new ProviderUnavailableError(`"${writeServer(server)}" ended the connection${when}`, {
    hint: `try again later; if this stays, ${reason}`,
    cause,
  })
}

function certificateHint(code: string): string {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'name the server as its certificate does'
    case 'CERT_HAS_EXPIRED':
      return 'the server must renew it, or the clock of this machine is wrong; nothing was sent'
    case 'CERT_NOT_YET_VALID':
      return 'the clock of this machine may be wrong; nothing was sent'
    default:
      return 'a company authority is named with NODE_EXTRA_CA_CERTS; otherwise somebody may be in between: nothing was sent'
  }
}
