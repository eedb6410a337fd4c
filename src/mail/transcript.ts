import type { Socket } from 'node:net'
import { silenceHint, silenceMs } from './connection/connection-failure.ts'
import type { ConnectionListener } from './connection/connection-listener.ts'
import { type MailServer, writeServer } from './mail-server.ts'
import type { Mask } from '../logging/mask.ts'
import { printable } from './printable.ts'
import { remarksOnConnection, remarkOnCredential } from './remarks.ts'

interface TranscriptOptions {
  /** Takes each line of the conversation: printable, credentials masked. */
  print: (line: string) => void
  mask: Mask
  /** A fingerprint stands for it in the remarks. */
  accessToken: string
  /** Facts of the connection are printed too. */
  isVerbose?: boolean
  /** After which a server that says nothing in plain text is mentioned. */
  silenceMs?: number
}

/** Prints a conversation with a mail server for people. */
export class Transcript implements ConnectionListener {
  readonly #options: TranscriptOptions
  #server: MailServer | undefined
  #silence: NodeJS.Timeout | undefined

  constructor(options: TranscriptOptions) {
    this.#options = options
  }

  connecting(server: MailServer): void {
    this.#server = server
    const how = server.isImplicitTls ? ' with TLS' : ''
    this.#options.print(`connect: ${writeServer(server)}${how}`)
  }

  connected(socket: Socket, isSecure: boolean): void {
    this.#remark(() => remarksOnConnection(socket))
    if (!isSecure) this.#tellOfSilence()
  }

  heard(): void {
    clearTimeout(this.#silence)
  }

  left(): void {
    clearTimeout(this.#silence)
  }

  sent(line: string): void {
    this.#options.print(`send: ${line}`)
  }

  sentSecret(line: string): void {
    const { print, accessToken } = this.#options
    print(`send: [${line.length} characters, not shown]`)
    this.#remark(() => [`which say: ${remarkOnCredential(line, accessToken)}`])
  }

  received(text: string): void {
    const { print, mask } = this.#options
    for (const line of mask.apply(text).split('\r\n')) print(`reply: ${printable(line)}`)
  }

  #remark(remarks: () => string[]): void {
    const { isVerbose = false, print, mask } = this.#options
    if (!isVerbose) return
    for (const line of remarks()) print(`  (${printable(mask.apply(line))})`)
  }

  /** A server that waits for a handshake says nothing at all, until the deadline. */
  #tellOfSilence(): void {
    const { print, silenceMs: limitMs = silenceMs } = this.#options
    this.#silence = setTimeout(() => {
      if (this.#server === undefined) return
      print(`  (no answer for ${limitMs / 1_000} s: ${silenceHint(this.#server)})`)
    }, limitMs)
    this.#silence.unref()
  }
}
