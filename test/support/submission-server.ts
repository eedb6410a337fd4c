import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { keepIn, type KeptMessage, serveOnLoopback } from './kept-messages.ts'
import type { ServerTrouble } from './server-troubles.ts'

/** A strict submission server: TLS, then AUTH XOAUTH2 with a token that holds, or nothing. */
export interface SubmissionServer {
  port: number
  /** Messages that were taken, with the identity that sent them. */
  messages: KeptMessage[]
  /** What each login gave as identity, and whether it was let in. */
  logins: { user: string; isAccepted: boolean }[]
  /** What it does instead of what is right, until a test takes it away. */
  trouble: ServerTrouble | undefined
  close(): Promise<void>
}

interface SubmissionServerOptions {
  certificates: { key: string; cert: string }
  /** Whose access token it is; undefined: nobody's. */
  introspect: (accessToken: string) => Promise<string | undefined>
  /** Logins by PLAIN besides, with their passwords. */
  passwords?: Readonly<Record<string, string>>
  /** TLS from the first byte, as on port 465. */
  isImplicitTls?: boolean
}

/** Starts it on a free port of loopback. */
export async function startSubmissionServer({
  certificates,
  introspect,
  passwords,
  isImplicitTls = false,
}: SubmissionServerOptions): Promise<SubmissionServer> {
  const messages: SubmissionServer['messages'] = []
  const logins: SubmissionServer['logins'] = []
  const sockets = new Set<Socket>()
  /** Whether the trouble, if it is here, took the callback's place. */
  const failsAt = (place: ServerTrouble['at'], callback: (error: Error) => void) => {
    const { trouble } = submission
    if (trouble?.at !== place) return false
    if (trouble.says === null) {
      for (const socket of sockets) socket.destroy()
      return true
    }
    // The sentence has a code of its own.
    server.options.hideENHANCEDSTATUSCODES = true
    callback(refusal(trouble.says))
    server.options.hideENHANCEDSTATUSCODES = false
    return true
  }
  const server = new SMTPServer({
    ...certificates,
    secure: isImplicitTls,
    authMethods: passwords === undefined ? ['XOAUTH2'] : ['XOAUTH2', 'PLAIN'],
    hideENHANCEDSTATUSCODES: false,
    onConnect: (_session, callback) => {
      if (!failsAt('connection', callback)) callback()
    },
    onAuth: ({ method, username = '', password, accessToken = '' }, _session, callback) => {
      void introspect(accessToken).then((owner) => {
        const isRight =
          method === 'PLAIN'
            ? password !== undefined && password === passwords?.[username]
            : owner !== undefined && owner === username
        const isAccepted = isRight && submission.trouble?.at !== 'login'
        logins.push({ user: username, isAccepted })
        if (failsAt('login', callback)) return
        if (isAccepted) callback(null, { user: username })
        else callback(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } })
      })
    },
    onMailFrom: (_address, _session, callback) => {
      if (!failsAt('sender', callback)) callback()
    },
    onData: keepIn(messages),
  })
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const submission: SubmissionServer = {
    ...(await serveOnLoopback(server)),
    messages,
    logins,
    trouble: undefined,
  }
  return submission
}

function refusal(says: string): Error {
  return Object.assign(new Error(says.slice(4)), { responseCode: Number(says.slice(0, 3)) })
}
