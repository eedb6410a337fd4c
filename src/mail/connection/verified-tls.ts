import type { OnReadOpts, Socket } from 'node:net'
import {
  connect,
  type ConnectionOptions,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { connectAttempt } from '../../schedule/connect-attempt.ts'
import type { MailServer } from '../mail-server.ts'

/**
 * What every TLS connection to a mail server requires. Make it once for many: the authorities are
 * parsed each time.
 * @param ca authorities, PEM; undefined: Node's own
 */
export function createMailTls(ca: string[] | undefined): SecureContext {
  return createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
}

/** Says into which memory a new socket reads. */
export interface SocketReader {
  /** Among the options that the socket is made with. */
  readonly onread: OnReadOpts
  /** Called with the socket before anything is read. */
  attach(socket: Socket): void
}

/**
 * Begins TLS with everything checked: names, authorities, age, and a version that is still sound.
 * @param plain a connection that begins TLS; absent: one is made
 * @param reader of the connection that is made
 */
export function beginTls(
  { host, port }: MailServer,
  secureContext: SecureContext,
  { plain, reader }: { plain?: Socket; reader?: SocketReader | undefined },
): TLSSocket {
  const options: ConnectionOptions & { onread?: OnReadOpts } = {
    ...(plain === undefined ? { port, ...connectAttempt } : { socket: plain }),
    ...(reader === undefined ? {} : { onread: reader.onread }),
    host,
    servername: /^[\d.]+$|:/.test(host) ? '' : host,
    rejectUnauthorized: true,
    secureContext,
  }
  const socket = connect(options)
  reader?.attach(socket)
  // As an option of connect() it is ignored: each login then waited 40 ms for an acknowledgement.
  return socket.setNoDelay()
}
