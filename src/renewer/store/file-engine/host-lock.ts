import * as nodeFs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import { StoreLockedError } from '../../../errors.ts'
import { explain, isDiskTrouble } from '../../../files/system-error.ts'
import { bootId } from '../../../kernel/boot-id.ts'

/** A lock whose holder has not touched it for this long is taken over. */
const staleMs = 10_000

/** Who holds a host lock; the file is created and removed with the lock's directory. */
export interface Holder {
  host: string
  bootId: string
  pid: number
}

/**
 * Decides between hosts that share the state directory, over NFS say, where flock may be local; each
 * issuer has one, by its tag. Between processes of one host flock decides: who holds that may break a
 * host lock that the same boot of the same host has left behind.
 */
export class HostLock {
  readonly #directory: string
  readonly #path: string
  readonly #self: Holder
  #holding: Promise<void> | undefined
  #release: (() => Promise<void>) | undefined

  constructor(directory: string, tag: string, self: Holder = thisProcess()) {
    this.#directory = directory
    this.#path = join(directory, `host-${tag}.lock`)
    this.#self = self
  }

  /**
   * Resolves when the lock is held, taken again where it was lost; also when the disk is full or
   * failing, because then nobody can take it and tokens must be served.
   * @throws StoreLockedError while another host holds it, StoreUnreadableError
   */
  async hold(): Promise<void> {
    if (this.#release !== undefined) return
    this.#holding ??= this.#take().finally(() => {
      this.#holding = undefined
    })
    await this.#holding
  }

  /** True where nobody holds it, or its holder has died; asked by whoever holds the flock of its tag. */
  isFree(): boolean {
    const touchedAt = nodeFs.statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs
    if (touchedAt === undefined || Date.now() - touchedAt > staleMs) return true
    return this.#isOurs(this.#readHolder())
  }

  /** Releases it. */
  async close(): Promise<void> {
    const release = this.#release
    this.#release = undefined
    // Where another host has taken it meanwhile there is nothing left to release.
    await release?.().catch(() => {})
  }

  async #take(): Promise<void> {
    const holder = this.#readHolder()
    try {
      if (this.#isOurs(holder)) removeLock(this.#path)
      this.#release = await lock(this.#directory, {
        lockfilePath: this.#path,
        realpath: false,
        stale: staleMs,
        fs: fileSystemFor(this.#self),
        // A suspend or a stalled network cost it: the next job takes it again, or has to wait.
        onCompromised: () => {
          this.#release = undefined
        },
      })
    } catch (error) {
      if (isDiskTrouble(error)) return
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw explain(this.#path, error)
      const who = holder === undefined ? '' : ` ("${holder.host}", process ${holder.pid})`
      throw new StoreLockedError(`another host${who} is using the store "${this.#directory}"`, {
        hint: 'it releases the store when it is done, or within 10 s if it crashed',
      })
    }
  }

  #isOurs(holder: Holder | undefined): boolean {
    const { host, bootId } = this.#self
    return holder?.host === host && holder.bootId === bootId
  }

  #readHolder(): Holder | undefined {
    try {
      return JSON.parse(nodeFs.readFileSync(join(this.#path, 'holder'), 'utf8')) as Holder
    } catch {
      // Nobody holds it, or its holder has not written who it is yet.
      return undefined
    }
  }
}

/** What proper-lockfile works with, so that the lock is never there with another holder's name. */
function fileSystemFor(self: Holder): object {
  type Done = (error: NodeJS.ErrnoException | null) => void
  return {
    ...nodeFs,
    mkdir: (path: string, done: Done) => {
      nodeFs.mkdir(path, 0o700, (error) => {
        if (error !== null) return done(error)
        // A lock without a name holds as well; it only is not broken at once when its holder dies.
        nodeFs.writeFile(join(path, 'holder'), JSON.stringify(self), { mode: 0o600 }, () =>
          done(null),
        )
      })
    },
    rmdir: (path: string, done: Done) => {
      nodeFs.unlink(join(path, 'holder'), () => nodeFs.rmdir(path, done))
    },
    rmdirSync: removeLock,
  }
}

/** The lock is a directory with one file in it, and nothing else is ever removed. */
function removeLock(path: string): void {
  unlessGone(() => nodeFs.unlinkSync(join(path, 'holder')))
  unlessGone(() => nodeFs.rmdirSync(path))
}

function unlessGone(remove: () => void): void {
  try {
    remove()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function thisProcess(): Holder {
  return { host: hostname(), bootId: bootId(), pid: process.pid }
}
