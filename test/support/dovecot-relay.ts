import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

/** What stands behind Dovecot's submission service: it takes what Dovecot has let through. */
export interface DovecotRelay {
  port: number
  /** With the identity that Dovecot says has logged in. */
  messages: { user: string; from: string; to: string[]; text: string }[]
  close(): Promise<void>
}

/** Starts it on a free port of loopback. */
export async function startDovecotRelay(): Promise<DovecotRelay> {
  const messages: DovecotRelay['messages'] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    useXClient: true,
    // The LOGIN of XCLIENT comes as a login.
    onAuth: ({ username = '' }, _session, callback) => {
      callback(null, { user: username })
    },
    onData: (stream, session, callback) => {
      void text(stream).then((message) => {
        const { mailFrom, rcptTo } = session.envelope
        messages.push({
          user: String(session.user),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: message,
        })
        callback()
      })
    },
  })
  // Dovecot breaks off where its client does.
  server.on('error', () => {})
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    messages,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
      }),
  }
}
