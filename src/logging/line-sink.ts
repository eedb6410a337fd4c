import { writeSync } from 'node:fs'

interface LineSinkOptions {
  /** The line that says how many were lost. */
  lostLine: (count: number) => string
  /**
   * Writes as much as there is room for and returns how many bytes that was, or throws, as fs.writeSync
   * does.
   */
  writeSome?: (bytes: Uint8Array) => number
  /** How many bytes may wait for a slow reader. */
  mostWaitingBytes?: number
}

const retryMs = 1_000
const lineFeed = 0x0a
const nothing: Uint8Array = Buffer.alloc(0)

/**
 * Lines on their way to the reader of the log, which may be a full pipe, gone, or a disk without room.
 * Writing never waits and never tears a line. Lines that there is no room for wait in memory, up to a
 * limit; more are lost and counted, and the log is told how many once it takes lines again.
 */
export class LineSink {
  readonly #options: Required<LineSinkOptions>
  /** The rest of a line, and lines. */
  #waiting = nothing
  #lost = 0
  #lostInAll = 0
  #retry: NodeJS.Timeout | undefined

  constructor({
    lostLine,
    writeSome = writeToStderr,
    mostWaitingBytes = 64 * 1024,
  }: LineSinkOptions) {
    this.#options = { lostLine, writeSome, mostWaitingBytes }
  }

  /** How many lines were lost since the start. */
  get lostLines(): number {
    return this.#lostInAll
  }

  /** Writes whole lines; false unless all of them, and all before them, have been taken. */
  write(text: string): boolean {
    const bytes = Buffer.from(text)
    if (this.#catchUp()) {
      const taken = this.#writeAll(bytes)
      if (taken === bytes.length) return true
      this.#keep(bytes.subarray(taken), taken > 0 && bytes[taken - 1] !== lineFeed)
    } else {
      this.#keep(bytes, false)
    }
    this.#retry ??= setInterval(() => this.#catchUp(), retryMs).unref()
    return false
  }

  /** Writes what waits, and what there is to tell of those that were lost. */
  #catchUp(): boolean {
    if (this.#retry === undefined) return true
    this.#waiting = this.#waiting.subarray(this.#writeAll(this.#waiting))
    if (this.#waiting.length > 0) return false
    if (this.#lost > 0) {
      this.#waiting = Buffer.from(this.#options.lostLine(this.#lost))
      this.#lost = 0
      return this.#catchUp()
    }
    clearInterval(this.#retry)
    this.#retry = undefined
    return true
  }

  /**
   * Keeps lines while there is room for them; the rest of a line that is half written is kept in any case.
   */
  #keep(bytes: Uint8Array, isTorn: boolean): void {
    // Those that come after lost ones must not be read before that is told.
    const most = this.#lost > 0 ? 0 : this.#options.mostWaitingBytes
    const room = Math.max(0, most - this.#waiting.length)
    const fitting = bytes.subarray(0, room).lastIndexOf(lineFeed) + 1
    const least = isTorn ? bytes.indexOf(lineFeed) + 1 : 0
    const end = Math.max(fitting, least)
    this.#waiting = Buffer.concat([this.#waiting, bytes.subarray(0, end)])
    const lost = bytes.subarray(end).filter((byte) => byte === lineFeed).length
    this.#lost += lost
    this.#lostInAll += lost
  }

  #writeAll(bytes: Uint8Array): number {
    let taken = 0
    try {
      for (let some = -1; some !== 0 && taken < bytes.length; taken += some) {
        some = this.#options.writeSome(bytes.subarray(taken))
      }
    } catch {
      // The reader is full, or gone: what is left is tried again.
    }
    return taken
  }
}

function writeToStderr(bytes: Uint8Array): number {
  return writeSync(2, bytes)
}
