import { SMTPServer } from 'smtp-server'
import { keepIn, type KeptMessage, serveOnLoopback } from './kept-messages.ts'

/** What stands behind Dovecot's submission service: it takes what Dovecot has let through. */
export interface DovecotRelay {
  port: number
  /** With the identity that Dovecot says has logged in. */
  messages: KeptMessage[]
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
    onData: keepIn(messages),
  })
  return { ...(await serveOnLoopback(server)), messages }
}
