import type { Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { MailServer } from '../mail-server.ts'

/**
 * What every TLS connection to a mail server requires. Make it once for many: the authorities are
 * parsed each time.
 * @param ca authorities, PEM; undefined: Node's own
 */
export function createMailTls(ca: string[] | undefined): SecureContext {
  return createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
}

/** Begins TLS with everything checked: names, authorities, age, and a version that is still sound. */
export function beginTls(
  { host, port }: MailServer,
  secureContext: SecureContext,
  plain?: Socket,
): TLSSocket {
  const socket = connect({
    ...(plain === undefined ? { port } : { socket: plain }),
    host,
    servername: /^[\d.]+$|:/.test(host) ? '' : host,
    rejectUnauthorized: true,
    secureContext,
  })
  // As an option it is ignored: each login then waited 40 ms for an acknowledgement.
  return socket.setNoDelay()
}
