import { MailLoginRefusedError, ProviderUnavailableError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { ownShortage } from '../../files/own-shortage.ts'
import { type MailServer, writeServer } from '../mail-server.ts'
import { printable } from '../printable.ts'

/** How far it had come: `greeting` is a connection in plain text on which the server said nothing yet. */
export type Moment = 'connect' | 'greeting' | 'handshake' | 'conversation'

/** What OpenSSL calls an answer that is not of TLS. */
const plainText = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL/

/** After so long a server that says nothing is likely to wait for the client. */
export const silenceMs = 5_000

/** The error of a connection that a library reports; trouble that TLS ends is a refusal of ours. */
export function connectionFailure(
  server: MailServer,
  error: unknown,
  moment: Moment,
): MailLoginRefusedError | ProviderUnavailableError {
  const { code = '', name, message } = error as NodeJS.ErrnoException
  const where = `"${writeServer(server)}"`
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|^INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH/.test(code)) {
    return new MailLoginRefusedError(
      `the certificate of ${where} is not valid: ${withErrnoWords(code)}`,
      {
        hint: certificateHint(code, error),
        fault: 'certificate',
        cause: error,
      },
    )
  }
  if (/SSL|EPROTO|TLS/.test(code)) {
    return new MailLoginRefusedError(
      `the TLS handshake with ${where} failed: ${withErrnoWords(code)}`,
      {
        hint: handshakeHint(server, code),
        cause: error,
      },
    )
  }
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return connectionEnded(server, moment, error)
  const isLate = name === 'AbortError' || name === 'TimeoutError'
  const reason = isLate ? 'no answer in time' : code === '' ? message : withErrnoWords(code)
  return new ProviderUnavailableError(`${where} cannot be reached: ${reason}`, {
    hint: ownShortage(code) ?? (moment === 'greeting' ? silenceHint(server) : reachHint(code)),
    cause: error,
  })
}

/** True for the failure of a handshake that the server has answered in plain text. */
export function answersInPlainText(failure: unknown): boolean {
  const { code = '' } = ((failure as Error).cause ?? {}) as NodeJS.ErrnoException
  return plainText.test(code)
}

/** The server closed the connection, by a reset or in good order: in a race it may be either. */
export function connectionEnded(
  server: MailServer,
  moment: Moment,
  cause?: unknown,
): ProviderUnavailableError {
  const when = moment === 'handshake' ? ' during the TLS handshake' : ''
  return new ProviderUnavailableError(`"${writeServer(server)}" closed the connection${when}`, {
    hint: `try again later; if this keeps happening, ${endHint(server, moment)}`,
    cause,
  })
}

/** What a server that says nothing in plain text may be waiting for. */
export function silenceHint(server: MailServer): string {
  return `the server may expect TLS from the start: try "${writeServer(server)}/tls"`
}

function endHint(server: MailServer, moment: Moment): string {
  switch (moment) {
    case 'handshake':
      return 'it may not support TLS 1.2, or a firewall may be in between'
    case 'connect':
    case 'greeting':
      return silenceHint(server)
    case 'conversation':
      return 'the server may not accept connections from this network'
  }
}

function handshakeHint(server: MailServer, code: string): string {
  return plainText.test(code) && server.isImplicitTls
    ? `the server starts in plain text on this port: try "${writeServer(server)}/starttls", or the port for TLS from the start (465, 993, 995)`
    : 'the port may speak another protocol (587 starts in plain text, 465 with TLS), or the TLS of the server is too old'
}

function reachHint(code: string): string {
  const compare =
    'compare host and port with those that your provider publishes; a firewall may be in between'
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens on this port: ${compare}`
    case 'ENOTFOUND':
      return `there is no host of this name: ${compare}`
    case 'EAI_AGAIN':
      return 'no name server answers: check the network of this machine, then try again'
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return 'there is no route to the server: check the network of this machine, then try again'
    default:
      return compare
  }
}

function certificateHint(code: string, error: unknown): string {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `use a name that the certificate is for${namesIn(error)}; nothing was sent`
    case 'CERT_HAS_EXPIRED':
      return 'the server must renew it, or the clock of this machine is wrong; nothing was sent'
    case 'CERT_NOT_YET_VALID':
      return 'the clock of this machine may be wrong; nothing was sent'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'if the server is yours, set NODE_EXTRA_CA_CERTS to the file of its certificate; otherwise somebody may be intercepting the connection; nothing was sent'
    default:
      return 'set NODE_EXTRA_CA_CERTS for the certificate authority of a company; otherwise somebody may be intercepting the connection; nothing was sent'
  }
}

/** The names that a certificate is for, as Node reports them. */
function namesIn(error: unknown): string {
  const { cert } = error as { cert?: { subjectaltname?: unknown } }
  const names = cert?.subjectaltname
  if (typeof names !== 'string') return ''
  const list = names.slice(0, 1_000).replaceAll(/\b(?:DNS|IP Address):/g, '')
  return ` (${printable(list).slice(0, 200)})`
}
