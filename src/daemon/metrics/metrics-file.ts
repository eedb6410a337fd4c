import type { MetricsConfiguration } from '../../configuration/configuration.ts'
import { removeFile, removeLeftovers, replaceFile } from '../../files/replaced-file.ts'
import type { Log } from '../../logging/log.ts'
import { runningMs } from '../../schedule/clock.ts'
import { problemOf } from '../token-file/file-problem.ts'

interface MetricsFileOptions {
  /** The text, in pieces of which each is for one turn of the event loop. */
  pieces: () => Iterable<string>
  log: Log
  /** How long a file stays as it is. */
  everyMs?: number
  /** How soon it is replaced after a change. */
  soonMs?: number
}

/** node_exporter, which has another user, is to read it; there is nothing secret in it. */
const kind = 'metricsFile'
const rights = { mode: 0o644, ownership: undefined, kind } as const
/** Thousands of accounts that change one after the other may cost a twentieth of a processor. */
const idleShare = 20

/**
 * The file that node_exporter reads: replaced as a whole soon after a change, and every 15 s in any case,
 * so that its age tells whether the daemon is there. A daemon that stops leaves it.
 */
export class MetricsFile {
  readonly #options: Required<MetricsFileOptions>
  #path: string | undefined
  #timer: NodeJS.Timeout | undefined
  #hasChanged = false
  #isFailing = false
  #lastMs = 0

  constructor({ everyMs = 15_000, soonMs = 1_000, ...options }: MetricsFileOptions) {
    this.#options = { ...options, everyMs, soonMs }
  }

  /** Writes the file that a configuration names, from now on; another one that was written is removed. */
  follow({ textfile }: MetricsConfiguration): void {
    const before = this.#path
    if (textfile === before) return this.noteChange()
    this.#isFailing = false
    clearTimeout(this.#timer)
    if (before !== undefined) this.#try(before, () => removeFile(before, undefined, kind))
    this.#path = textfile
    if (textfile === undefined) return
    this.#try(textfile, () => removeLeftovers(textfile, undefined, kind))
    this.#wakeIn(0)
  }

  /** A figure has changed: the file is replaced soon. */
  noteChange(): void {
    if (this.#hasChanged || this.#path === undefined) return
    this.#hasChanged = true
    // While it is being written, `#write` asks for the next one.
    if (this.#timer !== undefined) this.#wakeIn(this.#soonMs)
  }

  /** Writes no more. */
  stop(): void {
    this.#path = undefined
    clearTimeout(this.#timer)
  }

  get #soonMs(): number {
    return Math.max(this.#options.soonMs, idleShare * this.#lastMs)
  }

  #wakeIn(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#write(), delayMs).unref()
  }

  async #write(): Promise<void> {
    const path = this.#path
    const startedMs = runningMs()
    this.#timer = undefined
    this.#hasChanged = false
    const pieces: string[] = []
    for (const piece of this.#options.pieces()) {
      pieces.push(piece)
      await new Promise(setImmediate)
    }
    // Meanwhile another one is written, or none.
    if (path === undefined || path !== this.#path) return
    this.#try(path, () => replaceFile(path, pieces.join(''), rights))
    this.#lastMs = runningMs() - startedMs
    this.#wakeIn(this.#hasChanged ? this.#soonMs : this.#options.everyMs)
  }

  #try(path: string, work: () => void): void {
    try {
      work()
      this.#isFailing = false
    } catch (error) {
      const problem = problemOf(path, error, 'metrics file')
      if (problem === undefined) throw error
      if (!this.#isFailing) this.#options.log.warn('metrics.file_failed', { path, ...problem })
      this.#isFailing = true
    }
  }
}
