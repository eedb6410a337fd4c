import type { Socket } from 'node:net'

/** A connection to a mail server, logged in, or to an outbox. */
export interface Upstream {
  /** Paused. */
  socket: Socket
  /** What the server sent after its reply to the login. */
  unread: Buffer
  /** Like `smtp.office365.com:587`, or `outbox "NAME"`. */
  server: string
  /** IMAP: the server's reply to the login, with the client's tag, one character a byte. */
  reply?: string
  /** IMAP: what the server offers after the login. */
  capabilities?: readonly string[]
  /** Of the token it was logged in with; absent: none was needed. */
  fingerprint?: string
}
