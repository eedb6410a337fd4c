/** What one reply may have. */
export interface ReplyLimits {
  /** Of one line, without its end. */
  lineBytes: number
  /** Of all its lines. */
  bytes: number
}

/** Thrown for a reply that is longer than it may be. */
export class ReplyTooLong extends Error {}

const lf = 0x0a
const cr = 0x0d

/**
 * Bytes of a server that become lines, however they were cut into packets. A line ends with LF; a CR
 * before it belongs to the end. Each byte is copied once and searched once.
 */
export class LineBuffer {
  readonly #limits: ReplyLimits
  #store = Buffer.alloc(1_024)
  #start = 0
  #end = 0
  /** No LF is before this. */
  #searched = 0
  #replyBytes = 0

  constructor(limits: ReplyLimits) {
    this.#limits = limits
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Takes over what came; the chunk may be used again afterwards. */
  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#store.length) this.#makeRoom(chunk.length)
    this.#store.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** The limits count from here. */
  startReply(): void {
    this.#replyBytes = 0
  }

  /** The next whole line without its end, one character a byte. @throws ReplyTooLong */
  takeLine(): string | undefined {
    const end = this.#store.subarray(0, this.#end).indexOf(lf, this.#searched)
    this.#searched = end === -1 ? this.#end : end
    const length = this.#searched - this.#start
    if (length > this.#limits.lineBytes) throw new ReplyTooLong()
    if (end === -1) return undefined
    const hasCr = length > 0 && this.#store[end - 1] === cr
    const line = this.#store.toString('latin1', this.#start, hasCr ? end - 1 : end)
    this.#drop(length + 1)
    return line
  }

  /** So many bytes, one character each, whatever they are. @throws ReplyTooLong */
  takeOctets(count: number): string | undefined {
    if (this.#replyBytes + count > this.#limits.bytes) throw new ReplyTooLong()
    if (this.length < count) return undefined
    const octets = this.#store.toString('latin1', this.#start, this.#start + count)
    this.#drop(count)
    return octets
  }

  /** All that was not taken. */
  takeRest(): Buffer {
    const rest = Buffer.from(this.#store.subarray(this.#start, this.#end))
    this.#drop(rest.length)
    return rest
  }

  #drop(count: number): void {
    this.#start += count
    this.#searched = this.#start
    this.#replyBytes += count
    if (this.#replyBytes > this.#limits.bytes) throw new ReplyTooLong()
  }

  #makeRoom(count: number): void {
    const { length } = this
    const isRoomy = length + count <= this.#store.length / 2
    const store = isRoomy ? this.#store : Buffer.alloc(2 * (length + count))
    this.#store.copy(store, 0, this.#start, this.#end)
    this.#store = store
    this.#searched -= this.#start
    this.#start = 0
    this.#end = length
  }
}
