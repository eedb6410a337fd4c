import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { ClientGoneError } from './client-lines.ts'

interface HandshakeOptions {
  context: SecureContext
  waitMs: number
  /** Called with why the client refuses after the handshake: with TLS 1.3 it may say so only then. */
  onComplaint: (reason: string) => void
}

/** TLS did not begin; the message is for the log. */
export class HandshakeError extends Error {
  /** True for a client that did not come for TLS. */
  readonly isStray: boolean

  constructor(message: string, isStray = false) {
    super(message)
    this.isStray = isStray
  }
}

/** What OpenSSL's words mean here; others are shown as they are. */
const meanings: [RegExp, string, isStray?: true][] = [
  [/http request|https proxy request/, 'a web page?', true],
  [
    /wrong version number|packet length too long|unexpected message|record too small/,
    'plain text where TLS must begin: check the setting of the program',
    true,
  ],
  [
    /unsupported protocol|version too low|protocol version|inappropriate fallback/,
    'the program knows no TLS of version 1.2 or later',
  ],
  [
    /no shared cipher|no suitable|no shared group/,
    'the program has no cipher of TLS in common with the bridge: one that needs RSA needs "certificate_file"',
  ],
  [
    /alert (?:unknown ca|bad certificate|certificate|unsupported certificate)/,
    'the program does not trust the certificate: "cms-oauth bridge certificate" prints the self-made one',
  ],
]

/**
 * The server's side of TLS on a connection from which nobody reads.
 * @throws HandshakeError; ClientGoneError where the client left without a word
 */
export async function secureClient(
  client: Socket,
  { context, waitMs, onComplaint }: HandshakeOptions,
): Promise<TLSSocket> {
  const readBefore = client.bytesRead
  const isSilent = () => client.bytesRead === readBefore
  const secured = new TLSSocket(client, { isServer: true, secureContext: context })
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer)
      secured.off('secure', settle).off('end', onGone).off('close', onGone).off('readable', look)
      if (error === undefined) return resolve()
      secured.destroy()
      reject(error)
    }
    const timer = setTimeout(() => settle(isSilent() ? silentError() : slowError()), waitMs)
    const onGone = () => settle(isSilent() ? new ClientGoneError() : goneError())
    // Takes nothing out, but notices an end.
    const look = () => void secured.read(0)
    secured.on('secure', settle).on('end', onGone).on('close', onGone).on('readable', look)
    secured.on('error', (error) => settle(reasonOf(error)))
  })
  // Some errors after the handshake come by this event alone, where no tls.Server has made the socket.
  secured.on('_tlsError', (error: NodeJS.ErrnoException) => {
    // Being cut off is not a complaint: many programs end so after QUIT.
    if (error.errno === undefined) onComplaint(reasonOf(error).message)
    secured.destroy(error)
  })
  return secured
}

function silentError(): HandshakeError {
  const advice = 'set it to begin with TLS, or tls = "starttls" here'
  return new HandshakeError(`the program waits where it must begin TLS: ${advice}`, true)
}

function slowError(): HandshakeError {
  return new HandshakeError('the program began TLS and did not go on')
}

function goneError(): HandshakeError {
  return new HandshakeError('the program left while TLS began: does it trust the certificate?')
}

function reasonOf(error: Error): HandshakeError {
  const { code = '' } = error as NodeJS.ErrnoException
  const words = /error:[0-9A-F]+:[^:]*:[^:]*:([^:]*)/i.exec(error.message)?.[1] ?? code
  const [, meaning, isStray] = meanings.find(([pattern]) => pattern.test(words)) ?? []
  return new HandshakeError(meaning ?? `TLS failed: ${words}`, isStray)
}
