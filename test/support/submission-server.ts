import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { brokenOff, type KeptMessage, keptMessage, serveOnLoopback } from './kept-messages.ts'
import { addressesIn, readMessage } from './sent-message.ts'
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
  /** What it says to single recipients, by their addresses. */
  refusals: Map<string, string>
  /** Which messages it refuses for what they hold; none, unless a test says. */
  isSpam: (text: string) => boolean
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
  /** Refuses what a provider refuses that reads the header: see `messageDefect`. */
  isStrict?: boolean
  /** In bytes; absent: none. */
  largest?: number
}

const spam =
  '552 5.7.0 This message was blocked because its content presents a potential security issue.'

/** Starts it on a free port of loopback. */
export async function startSubmissionServer({
  certificates,
  introspect,
  passwords,
  isImplicitTls = false,
  isStrict = false,
  largest,
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
    refuse(trouble.says, callback)
    return true
  }
  const refuse = (says: string, callback: (error: Error) => void) => {
    // The sentence has a code of its own.
    server.options.hideENHANCEDSTATUSCODES = true
    callback(refusal(says))
    server.options.hideENHANCEDSTATUSCODES = false
  }
  const server = new SMTPServer({
    ...certificates,
    secure: isImplicitTls,
    ...(largest === undefined ? {} : { size: largest }),
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
    onMailFrom: ({ address }, session, callback) => {
      if (failsAt('sender', callback)) return
      const isForeign = isStrict && address !== session.user
      if (isForeign) refuse(`553 5.7.1 <${address}>: Sender address rejected: not owned`, callback)
      else callback()
    },
    onRcptTo: ({ address }, _session, callback) => {
      const says = submission.refusals.get(address)
      if (says === undefined) callback()
      else refuse(says, callback)
    },
    onData: (stream, session, callback) => {
      const take = (bytes: Buffer) => {
        if (submission.trouble?.at === 'data' && submission.trouble.says !== null) {
          return void failsAt('data', callback)
        }
        if (submission.isSpam(bytes.toString())) return refuse(spam, callback)
        const defect = isStrict ? messageDefect(bytes, String(session.user)) : undefined
        if (defect !== undefined) return refuse(defect, callback)
        messages.push(keptMessage(session, bytes.toString()))
        // What is taken may be answered by hanging up.
        if (!failsAt('data', callback)) callback()
      }
      buffer(stream).then(take, brokenOff)
    },
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
    refusals: new Map(),
    isSpam: () => false,
  }
  return submission
}

/** Why a provider refuses a message; it never takes away what would tell the hidden recipients. */
function messageDefect(bytes: Buffer, user: string): string | undefined {
  const read = readMessage(bytes)
  if (read.defect !== undefined) return `550 5.6.11 ${read.defect}`
  if (read.fields.some(({ name }) => name === 'bcc')) return '550 5.6.0 the message shows Bcc'
  const { good, bad } = addressesIn(read, 'from')
  if (bad.length > 0) return `550 5.1.7 ${bad[0]} is not an address`
  return good.join() === user
    ? undefined
    : `554 5.2.252 SendAsDenied; ${user} not allowed to send as ${good.join()}`
}

function refusal(says: string): Error {
  return Object.assign(new Error(says.slice(4)), { responseCode: Number(says.slice(0, 3)) })
}
