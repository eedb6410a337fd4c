/**
 * Who connects while very many connections are open waits as a descriptor, without a socket of Node, which
 * takes 10 KiB and 30 µs: until a request is there. To hold those who ask nothing is cheaper than to turn
 * them away, since they come again at once; where all descriptors are in use, the oldest that has not asked
 * gives way to the newest.
 */
import { closeSync } from 'node:fs'
import { type CmsOauthError, DaemonUnreachableError, RequestInvalidError } from '../../errors.ts'
import type { ConnectionBudget } from '../../kernel/connection-budget.ts'
import { Epoll } from '../../kernel/epoll.ts'
import { peek } from '../../kernel/peek.ts'
import type { PeerCredentials } from '../../kernel/peer-credentials.ts'
import { runningMs } from '../../schedule/clock.ts'
import { AgeList, type Aged } from './age-list.ts'
import { connectionLimitMs } from './connection.ts'
import { requestLimitBytes } from './request.ts'

/** The server that a connection came to. */
export interface SilentOwner {
  /** Takes some of those that wait to be accepted; true where there are more. */
  acceptSome(): boolean
  /** None is silent any more, and few are open: it may accept as usual. */
  acceptAsUsual(): void
  /** True where so many bytes are a request, or will never be one. */
  isAsked(bytes: Buffer, length: number): boolean
  /** Takes the descriptor of one whose request is there, which is booked by `take`. */
  serve(fd: number, peer: PeerCredentials): void
  onCut(error: CmsOauthError, peer: PeerCredentials): void
}

/** Used again and again, with its peer: to have the collector take away what a flood leaves costs 20 MiB. */
interface Silent extends Aged {
  /** Its index, and above it how often it was used. */
  id: number
  fd: number
  readonly peer: PeerCredentials
  /** Undefined while it is not used. */
  owner: SilentOwner | undefined
  /** Ms of runningMs(). */
  endsAt: number
}

/** So many sockets of Node there are before others wait: they take 1.5 MiB, and a flood 8 ms until then. */
const mostSockets = 128
/** Where more files may be open there is no use for more: each takes 1.5 KiB of the kernel. */
const mostSilent = 2 ** 16
/** How often those that wait are accepted, and checked for a request. */
const tickMs = 2
/** Thousands that are cut off in one go would hold up those who ask. */
const cutsPerTick = 50

/** Of 300 uids that have about as many each, half are below the mean: to find the longest each time took 15 % of all. */
const nearly = 33 / 32

/** Made once: one for each connection would cost more than to close it. */
export const tooMany = new DaemonUnreachableError('too many open connections')
const tooLong = new RequestInvalidError('the request is too long')
const tooSlow = new RequestInvalidError('the client took too long')

/** The connections of all token sockets of the process: those that are served, and those that are silent. */
export class SilentConnections {
  /** Of those that are served: they do not give way, so that each uid has a share. */
  readonly #served: ConnectionBudget
  readonly #mostSockets: number
  readonly #all: Silent[] = []
  readonly #unused: Silent[] = []
  readonly #byUid = new Map<number, AgeList<Silent>>()
  /** Whose connections are all taken here. */
  readonly #owners = new Set<SilentOwner>()
  readonly #peeked = Buffer.alloc(requestLimitBytes + 1)
  #epoll: Epoll | undefined
  #timer: NodeJS.Timeout | undefined

  /** Of a small budget at most half are sockets. */
  constructor(budget: ConnectionBudget, most = Math.min(mostSockets, budget.limit / 2)) {
    this.#served = budget
    this.#mostSockets = most
  }

  get #count(): number {
    return this.#all.length - this.#unused.length
  }

  /** True while who connects is to wait here. */
  get isCrowded(): boolean {
    return this.#count > 0 || this.#served.held >= this.#mostSockets
  }

  /** Books one that is served; false where its uid has its share. */
  take(uid: number): boolean {
    return this.#makeRoom(uid) && this.#served.take(uid)
  }

  /** Gives back what `take` booked. */
  release(uid: number): void {
    this.#served.release(uid)
  }

  /** Has it accept by acceptSome() alone, until it is to accept as usual. */
  acceptFor(owner: SilentOwner): void {
    this.#owners.add(owner)
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
  }

  /** Has one wait for its request; `peer` is copied. */
  add(fd: number, peer: PeerCredentials, owner: SilentOwner): void {
    if (!this.#makeRoom(peer.uid)) {
      closeSync(fd)
      return owner.onCut(tooMany, peer)
    }
    const silent = this.#unused.pop() ?? this.#addOne()
    silent.fd = fd
    Object.assign(silent.peer, peer)
    silent.owner = owner
    silent.endsAt = runningMs() + connectionLimitMs
    this.#epoll ??= new Epoll()
    this.#epoll.add(fd, silent.id)
    const list = this.#byUid.get(peer.uid) ?? new AgeList<Silent>()
    this.#byUid.set(peer.uid, list)
    list.add(silent)
  }

  /** True while any came to this server. */
  has(owner: SilentOwner): boolean {
    return this.#all.some((silent) => silent.owner === owner)
  }

  /** Closes those of a server, which is about to end. */
  closeOf(owner: SilentOwner): void {
    this.#owners.delete(owner)
    for (const silent of this.#all) if (silent.owner === owner) this.#close(silent)
  }

  /** Where all descriptors are in use, the oldest that is silent gives way. */
  #makeRoom(uid: number): boolean {
    const held = this.#served.held + this.#count
    if (held < this.#served.limit && this.#count < mostSilent) return true
    const oldest = this.#listToShorten(uid)?.oldest
    if (oldest !== undefined) this.#cut(oldest, tooMany)
    return oldest !== undefined
  }

  /** That of the uid itself, if it has nearly as many as others; otherwise the longest. */
  #listToShorten(uid: number): AgeList<Silent> | undefined {
    let longest = this.#byUid.get(uid)
    const most = (longest?.size ?? 0) * this.#byUid.size * nearly
    if (longest !== undefined && most >= this.#count) return longest
    for (const list of this.#byUid.values()) {
      if (longest === undefined || list.size > longest.size) longest = list
    }
    return longest
  }

  #tick(): void {
    let hasMore = false
    for (const owner of this.#owners) if (owner.acceptSome()) hasMore = true
    this.#epoll?.forReady(this.#look)
    this.#cutSlow(runningMs())
    if (hasMore) return void setImmediate(() => this.#tick())
    if (this.isCrowded) return
    for (const owner of this.#owners) owner.acceptAsUsual()
    this.#owners.clear()
    // A daemon that nobody asks wakes no processor.
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Serves one who has asked. */
  readonly #look = (id: number, hasEnded: boolean): void => {
    const silent = this.#all[id % mostSilent]
    if (silent?.id !== id || silent.owner === undefined) return
    const length = peek(silent.fd, this.#peeked)
    if (silent.owner.isAsked(this.#peeked, length) || (hasEnded && length > 0)) this.#serve(silent)
    else if (length > requestLimitBytes) this.#cut(silent, tooLong)
    else if (hasEnded) this.#close(silent)
  }

  #cutSlow(now: number): void {
    let cuts = 0
    for (const list of this.#byUid.values()) {
      for (let { oldest } = list; oldest !== undefined && oldest.endsAt <= now; { oldest } = list) {
        this.#cut(oldest, tooSlow)
        if (++cuts === cutsPerTick) return
      }
    }
  }

  #serve(silent: Silent): void {
    const { fd, peer, owner } = silent
    if (!this.#served.take(peer.uid)) return this.#cut(silent, tooMany)
    this.#forget(silent)
    owner?.serve(fd, { ...peer })
  }

  #cut(silent: Silent, error: CmsOauthError): void {
    const { peer, owner } = silent
    this.#close(silent)
    owner?.onCut(error, peer)
  }

  #close(silent: Silent): void {
    this.#forget(silent)
    closeSync(silent.fd)
  }

  #addOne(): Silent {
    const peer = { pid: 0, uid: 0, gid: 0 }
    const links = { older: undefined, newer: undefined }
    const silent = { id: this.#all.length, fd: -1, peer, owner: undefined, endsAt: 0, ...links }
    this.#all.push(silent)
    return silent
  }

  #forget(silent: Silent): void {
    const { uid } = silent.peer
    silent.id = (silent.id + mostSilent) % 2 ** 32
    silent.owner = undefined
    this.#unused.push(silent)
    const list = this.#byUid.get(uid)
    list?.remove(silent)
    if (list?.size === 0) this.#byUid.delete(uid)
  }
}
