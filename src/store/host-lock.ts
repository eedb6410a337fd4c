import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import { StoreLockedError } from '../errors.ts'

/** A lock whose holder has not touched it for this long is taken over. */
const staleMs = 10_000

/**
 * Decides between hosts that share the state directory, over NFS say, where flock may be local.
 * Between processes of one host flock decides (renewer.lock): who holds that may break a host lock
 * that this same boot of this same host has left behind.
 */
export class HostLock {
  readonly #directory: string
  #release: (() => Promise<void>) | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Holds the lock from now on, also anew after it was lost. @throws StoreLockedError */
  async hold(): Promise<void> {
    if (this.#release !== undefined) return
    if (this.#isOurBoots()) rmSync(this.#lockPath, { recursive: true, force: true })
    try {
      this.#release = await lock(this.#directory, {
        lockfilePath: this.#lockPath,
        realpath: false,
        stale: staleMs,
        // Suspend or a stalled network took it: the next job takes it again, or waits.
        onCompromised: () => {
          this.#release = undefined
        },
      })
    } catch (error) {
      throw new StoreLockedError(`another host works on the store "${this.#directory}"`, {
        hint: `it passes when that host is done; "${this.#notePath}" says which it is`,
        cause: error,
      })
    }
    writeFileSync(this.#notePath, JSON.stringify({ ...thisBoot(), pid: process.pid }), {
      mode: 0o600,
    })
  }

  /** Lets go. */
  async close(): Promise<void> {
    const release = this.#release
    this.#release = undefined
    // Where somebody else has taken it meanwhile there is nothing left to release.
    await release?.().catch(() => {})
  }

  get #lockPath(): string {
    return join(this.#directory, 'host.lock')
  }

  get #notePath(): string {
    return join(this.#directory, 'host.note')
  }

  #isOurBoots(): boolean {
    try {
      const note = JSON.parse(readFileSync(this.#notePath, 'utf8')) as Partial<Boot>
      const { host, bootId } = thisBoot()
      return note.host === host && note.bootId === bootId
    } catch {
      return false
    }
  }
}

interface Boot {
  host: string
  bootId: string
}

function thisBoot(): Boot {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return { host: hostname(), bootId }
}
