import type { SecureContext } from 'node:tls'
import type { MailServer } from '../mail-server.ts'
import type { ConnectionListener } from './connection-listener.ts'
import type { SocketReader } from './verified-tls.ts'

/** Where to connect, and how long it may take. */
export interface ConnectOptions {
  server: MailServer
  tls: SecureContext
  /** For all from the connect to the hand-over; absent: a minute. */
  limitMs?: number
  /** Stops it before: whatever waits is then rejected with the reason of this signal. */
  signal?: AbortSignal
  listener?: ConnectionListener
  /** Of a connection with TLS from the start. */
  reader?: SocketReader
  /** How long a server of which nothing tells whether TLS comes first may be silent; absent: two seconds. */
  greetingMs?: number
}
