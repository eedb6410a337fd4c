import type { Socket } from 'node:net'
import type { MailServer } from '../mail-server.ts'

/** What a connection tells of itself, and nothing depends on. Lines are as they are: unmasked. */
export interface ConnectionListener {
  connecting?(server: MailServer): void
  /** In plain text, and again in TLS. */
  connected?(socket: Socket, isSecure: boolean): void
  /** The first byte came. */
  heard?(): void
  sent?(line: string): void
  /** A credential left; no listener may show it. */
  sentSecret?(line: string): void
  /** A line, or a literal of several. */
  received?(text: string): void
  /** It has failed, was closed or handed over; may come twice. */
  left?(): void
}
