/**
 * The newest grants that this host has seen in a store that hosts share, in a file: so that a host which is
 * started again knows a store that was restored from an older backup. Presented again, a refresh token that was
 * used since would end the sign-in at a strict provider. Each line is a grant that was seen, of those of an
 * address the newest counts, and a line that was half written counts as none.
 */
import { appendFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { isCmsOauthError, StoreUnreadableError } from '../../errors.ts'
import { writeFileDurably } from '../../files/durable-file.ts'
import { readFileIfThere } from '../../files/read-file.ts'
import { explain } from '../../files/system-error.ts'
import { errorFields } from '../../logging/error-fields.ts'
import type { Log } from '../../logging/log.ts'
import { isNewer } from '../../accounts/newer-token.ts'
import type { GrantStage } from '../../messages/renewer-jobs.ts'
import { parseJsonAs } from '../../shapes/parse-json-as.ts'
import { number, openFields, type Shape, text } from '../../shapes/shape.ts'

interface SeenGrantsOptions {
  stateDirectory: string
  /** Others have no place in the file any more. */
  owners: readonly string[]
  log: Log
  /** How long what is new waits for more of it, in ms; absent: 2 s. */
  gatherMs?: number
  /** Beside two for each address: with more of them the file is put in order; absent: 5,000. */
  mostOldLines?: number
}

/** A line of the file. */
interface Line {
  user: string
  signed_in_at: number
  number: number
}

const lineShape: Shape<Line> = openFields<Line>({ user: text, signed_in_at: number, number })
const lineLimit = 1_000
/** A disk that has refused something is left alone for so much longer. */
const pauseFactor = 30

/** Those of one daemon; whatever its disk refuses is logged, and known until it ends all the same. */
export class SeenGrants {
  readonly #options: SeenGrantsOptions
  readonly #path: string
  readonly #newest = new Map<string, GrantStage>()
  readonly #unwritten = new Set<string>()
  #oldLines = 0
  /** False while the file lacks something, or may be anything: it is replaced then, and not appended to. */
  #isWhole = false
  #timer: NodeJS.Timeout | undefined

  /** Reads the file, and puts it in order. */
  constructor(options: SeenGrantsOptions) {
    this.#options = options
    this.#path = join(options.stateDirectory, 'seen-grants')
    this.#attempt(() => {
      this.#read()
      this.#rewrite()
    })
  }

  /** The newest grant of an address; undefined: none was seen. */
  find(owner: string): GrantStage | undefined {
    return this.#newest.get(owner)
  }

  /** Notes that a grant was seen; the file has it some seconds later. */
  note(owner: string, { signedInAt, number }: GrantStage): void {
    if (!isNewer({ signedInAt, number }, this.#newest.get(owner))) return
    this.#newest.set(owner, { signedInAt, number })
    this.#unwritten.add(owner)
    const { gatherMs = 2_000 } = this.#options
    const delayMs = this.#isWhole ? gatherMs : pauseFactor * gatherMs
    this.#timer ??= setTimeout(() => void this.#write(), delayMs)
    this.#timer.unref()
  }

  /** Writes what is not written yet, at once. */
  stop(): void {
    clearTimeout(this.#timer)
    const lines = this.#linesOf(this.#takeUnwritten())
    if (lines === '') return
    this.#attempt(() => {
      if (!this.#isWhole) return this.#rewrite()
      appendFileSync(this.#path, lines, { mode: 0o600, flush: true })
    })
  }

  async #write(): Promise<void> {
    this.#timer = undefined
    const owners = this.#takeUnwritten()
    const { mostOldLines = 5_000 } = this.#options
    this.#oldLines += owners.length
    if (!this.#isWhole || this.#oldLines > mostOldLines + 2 * this.#newest.size) {
      return this.#attempt(() => this.#rewrite())
    }
    try {
      await this.#append(this.#linesOf(owners))
    } catch (error) {
      this.#isWhole = false
      this.#refuse(error)
    }
  }

  #takeUnwritten(): string[] {
    const owners = [...this.#unwritten]
    this.#unwritten.clear()
    return owners
  }

  /** Tokens are served meanwhile: a disk may take long. */
  async #append(lines: string): Promise<void> {
    const file = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(lines)
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  #rewrite(): void {
    writeFileDurably(this.#path, Buffer.from(this.#linesOf([...this.#newest.keys()])))
    this.#oldLines = 0
    this.#isWhole = true
  }

  #linesOf(owners: readonly string[]): string {
    return owners
      .flatMap((user) => {
        const stage = this.#newest.get(user)
        const line = stage && { user, signed_in_at: stage.signedInAt, number: stage.number }
        // On a line of its own, also after one that was half written.
        return line === undefined ? [] : `\n${JSON.stringify(line)}`
      })
      .join('')
  }

  #read(): void {
    const file = readFileIfThere({
      path: this.#path,
      what: 'list of seen grants',
      kind: 'seenGrants',
      unreadable: StoreUnreadableError,
      hint: 'it is written again, with what is seen from now on',
    })
    const owners = new Set(this.#options.owners)
    for (const written of file?.bytes.toString('utf8').split('\n') ?? []) {
      const line = parsed(written)
      if (line === undefined || !owners.has(line.user)) continue
      const stage = { signedInAt: line.signed_in_at, number: line.number }
      if (isNewer(stage, this.#newest.get(line.user))) this.#newest.set(line.user, stage)
    }
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#refuse(error)
    }
  }

  #refuse(error: unknown): void {
    const told = explain(this.#path, error)
    if (!isCmsOauthError(told)) throw told
    this.#options.log.warn('fleet.seen_unwritten', errorFields(told))
  }
}

function parsed(written: string): Line | undefined {
  return written.length > lineLimit ? undefined : parseJsonAs(written, lineShape)
}
