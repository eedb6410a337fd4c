import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RenewerHandle } from '../../../src/daemon/processes/renewer-handle.ts'
import { isCmsOauthError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { testClientId } from '../../support/authorization-clients.ts'
import { createTestCertificates } from '../../support/certificates.ts'
import { gate } from '../../support/jobs.ts'
import { type RotatingServer, startRotatingServer } from '../../support/rotating-server.ts'
import { SmallDisk } from './small-disk.ts'

/** How it went. */
export interface Played {
  refreshes: number
  /** How often somebody had to sign in, since no program can have had the newest refresh token. */
  signIns: number
}

/** Lets go the answer to a request for which the provider has rotated, or loses it. */
type Release = (isLost: boolean) => void

const user = 'user@example.com'
const nothing = () => {}
const modulePath = join(import.meta.dirname, '..', '..', '..', 'dist', 'cms-oauth-renewer.cjs')

/**
 * Plays moves of the model against real renewers, with the store on a small disk below `directory`, and
 * sees that the newest refresh token is there in the end, and was the only one to be presented.
 * @throws AssertionError with the moves
 */
export async function playTrace(directory: string, moves: readonly string[]): Promise<Played> {
  const disk = new SmallDisk(join(directory, 'disk'))
  const certificates = await createTestCertificates()
  const server = await startRotatingServer('', certificates)
  const player = new TracePlayer({ directory, disk, server, caFile: certificates.caFile })
  try {
    await player.begin()
    for (const move of moves) await player.play(move)
    return await player.end()
  } catch (error) {
    throw new Error(`after ${moves.join(', ')}`, { cause: error })
  } finally {
    await player.close()
    await server.close()
    await certificates.remove()
    disk.close()
  }
}

interface TraceWorld {
  directory: string
  disk: SmallDisk
  server: RotatingServer
  caFile: string
}

class TracePlayer {
  readonly #directory: string
  readonly #disk: SmallDisk
  readonly #server: RotatingServer
  readonly #caFile: string
  readonly #renewers: (RenewerHandle | undefined)[] = [undefined, undefined]
  readonly #closings = new Set<Promise<void>>()
  readonly #jobs = new Set<Promise<unknown>>()
  readonly #pending: Release[] = []
  #refreshes = 0
  #signIns = 0

  constructor({ directory, disk, server, caFile }: TraceWorld) {
    this.#directory = directory
    this.#disk = disk
    this.#server = server
    this.#caFile = caFile
  }

  /** Signs in, by a renewer that goes on. */
  async begin(): Promise<void> {
    this.#signIns += 1
    this.#server.misbehave()
    const refreshToken = this.#server.begin()
    const renewer = this.#start(0)
    await renewer.run('import', { account: this.#account(), refreshToken })
    this.#server.misbehave(...Array.from({ length: 64 }, () => this.#heldAnswer()))
  }

  async play(move: string): Promise<void> {
    const [what = '', which = '0'] = move.split(' ')
    const index = Number(which)
    const renewer = this.#renewers[index]
    if (what === 'start' && renewer === undefined) this.#start(index)
    else if (what === 'refresh' && renewer !== undefined) await this.#refresh(renewer)
    else if (what === 'answer') await this.#release(false)
    else if (what === 'lose') await this.#lose()
    else if (what === 'kill' && renewer !== undefined) await this.#kill(index, renewer)
    else if (what === 'stop' && renewer !== undefined) this.#stop(index, renewer)
    else if (what === 'fill') this.#disk.fill()
    else if (what === 'empty') this.#disk.empty()
  }

  /** All is well again: the next two refreshes work, each with the newest token. */
  async end(): Promise<Played> {
    await this.#calmDown()
    this.#assertNothingIsLost()
    this.#server.misbehave()
    const renewer = this.#start(0)
    for (let round = 0; round < 2; round++) {
      await renewer.run('refresh', { account: this.#account() })
    }
    this.#assertNothingIsLost()
    return { refreshes: this.#refreshes, signIns: this.#signIns }
  }

  async close(): Promise<void> {
    this.#disk.empty()
    for (const release of this.#pending) release(true)
    for (const renewer of this.#renewers) killAll(renewer)
    for (const renewer of this.#renewers) await renewer?.close()
    await Promise.all(this.#closings)
  }

  /** The newest token was presented each time. */
  #assertNothingIsLost(): void {
    assert.equal(this.#server.isRevoked(), false)
  }

  /** Whatever is open ends, and all that it brings is sealed. */
  async #calmDown(): Promise<void> {
    this.#disk.empty()
    this.#renewers.forEach((renewer, index) => renewer && this.#stop(index, renewer))
    while (this.#pending.length > 0 || this.#jobs.size > 0) {
      await this.#release(false)
      await delay(5)
    }
    await Promise.all(this.#closings)
  }

  /** What nobody can have is gone: a person signs in, and the world goes on from there. */
  async #signInAnew(): Promise<void> {
    this.#assertNothingIsLost()
    await this.#calmDown()
    await this.begin()
  }

  #account() {
    const account = testAccount({
      user,
      clientId: `${testClientId}-basic`,
      clientSecret: { from: 'inline', value: 'canary-secret' },
      authority: this.#server.url,
    })
    return { ...account, scopes: ['mail'], rotation: 'strict' as const }
  }

  #start(index: number): RenewerHandle {
    const renewer = new RenewerHandle({
      modulePath,
      env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: this.#caFile },
      store: {
        kind: 'files',
        stateDirectory: join(this.#disk.path, 'state'),
        key: { from: 'file', path: join(this.#directory, 'key') },
      },
      runtimeDirectory: join(this.#directory, 'run'),
      log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      onDurable: nothing,
      onLost: nothing,
      onKept: nothing,
      onDropped: nothing,
      onLate: nothing,
    })
    this.#renewers[index] = renewer
    return renewer
  }

  /** Resolves when the request has come to the provider, or the job has ended, or waits for another. */
  async #refresh(renewer: RenewerHandle): Promise<void> {
    const before = this.#pending.length
    this.#refreshes += 1
    const job = renewer.run('refresh', { account: this.#account() }).catch((error: unknown) => {
      assert.ok(isCmsOauthError(error), String(error))
    })
    this.#jobs.add(job)
    void job.finally(() => this.#jobs.delete(job))
    const isUnderWay = () => this.#pending.length > before || this.#isWaiting(renewer)
    while (this.#jobs.has(job) && !isUnderWay()) await delay(5)
  }

  /** True where the other one has the lock of the issuer, or may have it. */
  #isWaiting(renewer: RenewerHandle): boolean {
    const others = this.#renewers.filter((other) => other !== renewer)
    const isHeld = others.some((other) => other !== undefined && other.pids.length > 0)
    return isHeld || this.#pending.length > 0
  }

  /** The answer that has waited longest leaves, or is cut; resolves when what it was for is done. */
  async #release(isLost: boolean): Promise<void> {
    const release = this.#pending.shift()
    if (release === undefined) return
    const jobs = [...this.#jobs]
    release(isLost)
    await Promise.race(jobs)
  }

  async #lose(): Promise<void> {
    if (this.#pending.length === 0) return
    await this.#release(true)
    await this.#signInAnew()
  }

  async #kill(index: number, renewer: RenewerHandle): Promise<void> {
    // Of two renewers one has the lock: whose request it is does not matter.
    const isLost = this.#pending.length > 0
    for (const release of this.#pending.splice(0)) release(true)
    killAll(renewer)
    this.#renewers[index] = undefined
    await renewer.close()
    if (isLost) await this.#signInAnew()
  }

  #stop(index: number, renewer: RenewerHandle): void {
    this.#renewers[index] = undefined
    const closing = renewer.close()
    this.#closings.add(closing)
    void closing.finally(() => this.#closings.delete(closing))
  }

  #heldAnswer() {
    const { passed, open } = gate()
    const pending = this.#pending
    let isLost = false
    return {
      /** Is read when the request is there. */
      get when() {
        pending.push((lost) => {
          isLost = lost
          open()
        })
        return passed
      },
      write: (body: Buffer) => (isLost ? Buffer.alloc(0) : body),
    }
  }
}

function killAll(renewer: RenewerHandle | undefined): void {
  for (const pid of renewer?.pids ?? []) process.kill(pid, 'SIGKILL')
}
