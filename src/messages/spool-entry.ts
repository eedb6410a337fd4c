/**
 * A message in the spool of an outbox, `new/ID`: one line of JSON, then the message as it is sent, in CRLF.
 * The outbox writes it; the sender removes it, and puts those that are left in the place of `rcpt`.
 */
export interface EntryHead {
  v: 1
  id: string
  /** When it was accepted, epoch ms. */
  at: number
  uid: number
  login: string
  /** Who is still to get it. */
  rcpt: string[]
  /** Of the message, in bytes. */
  size: number
  message_id: string
}
