import { SMTPServer } from 'smtp-server'
import { keepIn, type KeptMessage, serveOnLoopback } from './kept-messages.ts'

/** A strict submission server: STARTTLS, then AUTH XOAUTH2 with a token that holds, or nothing. */
export interface SubmissionServer {
  port: number
  /** Messages that were taken, with the identity that sent them. */
  messages: KeptMessage[]
  /** What each login gave as identity, and whether it was let in. */
  logins: { user: string; isAccepted: boolean }[]
  close(): Promise<void>
}

interface SubmissionServerOptions {
  certificates: { key: string; cert: string }
  /** Whose access token it is; undefined: nobody's. */
  introspect: (accessToken: string) => Promise<string | undefined>
  /** Logins by PLAIN besides, with their passwords. */
  passwords?: Readonly<Record<string, string>>
}

/** Starts it on a free port of loopback. */
export async function startSubmissionServer({
  certificates,
  introspect,
  passwords,
}: SubmissionServerOptions): Promise<SubmissionServer> {
  const messages: SubmissionServer['messages'] = []
  const logins: SubmissionServer['logins'] = []
  const server = new SMTPServer({
    ...certificates,
    authMethods: passwords === undefined ? ['XOAUTH2'] : ['XOAUTH2', 'PLAIN'],
    hideENHANCEDSTATUSCODES: false,
    onAuth: ({ method, username = '', password, accessToken = '' }, _session, callback) => {
      void introspect(accessToken).then((owner) => {
        const isAccepted =
          method === 'PLAIN'
            ? password !== undefined && password === passwords?.[username]
            : owner !== undefined && owner === username
        logins.push({ user: username, isAccepted })
        if (isAccepted) callback(null, { user: username })
        else callback(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } })
      })
    },
    onData: keepIn(messages),
  })
  return { ...(await serveOnLoopback(server)), messages, logins }
}
