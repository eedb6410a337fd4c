import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { SMTPServer, SMTPServerOptions, SMTPServerSession } from 'smtp-server'

/** A message that a server took, with the identity that sent it. */
export interface KeptMessage {
  user: string
  from: string
  to: string[]
  text: string
}

/** What keeps each message that a server takes. */
export function keepIn(messages: KeptMessage[]): NonNullable<SMTPServerOptions['onData']> {
  return (stream, session, callback) => {
    const keep = (message: string) => {
      messages.push(keptMessage(session, message))
      callback()
    }
    text(stream).then(keep, brokenOff)
  }
}

/** Who is killed in the middle of a message has sent none. */
export function brokenOff(): void {}

/** A message with its envelope. */
export function keptMessage({ user, envelope }: SMTPServerSession, message: string): KeptMessage {
  const { mailFrom, rcptTo } = envelope
  return {
    user: String(user),
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    text: message,
  }
}

/** Serves on a free port of loopback; a client that breaks off is what some tests are about. */
export async function serveOnLoopback(
  server: SMTPServer,
): Promise<{ port: number; close(): Promise<void> }> {
  server.on('error', () => {})
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
      }),
  }
}
