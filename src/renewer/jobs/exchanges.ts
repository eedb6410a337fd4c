/**
 * The exchanges with providers that are open. Whoever asked for one is answered in time; the exchange
 * itself goes on, because what it brings exists nowhere else. Of an account no refresh begins beside
 * another exchange; a person's sign-in waits for a while, and then supersedes what is under way.
 */
import { type CmsOauthError, hasUnknownFate } from '../../errors.ts'
import type { TokenExchange } from '../../https/token-exchange.ts'
import { afterRunning } from '../../schedule/running-time.ts'
import { untilAborted } from './deadline.ts'
import { ExchangeLimits } from './exchange-limits.ts'

/** Who may seal what an exchange brings, and when it ends. */
export interface OpenExchange extends Pick<TokenExchange, 'signal' | 'maySend'> {
  /** False once a sign-in that began later was sealed, or the account was signed out. */
  isCurrent: () => boolean
  /** Says that its grant is the account's from now on: what began earlier counts no more. */
  supersede: () => void
}

/** What is to be exchanged. */
export interface ExchangeRequest<T> {
  /** Whose record it is about. */
  owner: string
  /** The same for the same job with the same credential: it joins the one that is open. */
  key: string
  /** Aborts when whoever asked has been answered: nothing leaves any more then. */
  asked: AbortSignal
  /**
   * How long it waits for others of the account. Absent for a refresh, which presents what they may have
   * made worthless: it waits to their end, and does not begin where the fate of a refresh is unknown then.
   */
  patienceMs?: number
  run: (exchange: OpenExchange) => Promise<T>
  /** Told when its request leaves. */
  onLeave?: () => void
  /** Takes what came after everybody who asked had been answered. */
  onLate: (result: T) => void
  /** The same for an error after which nobody knows whether the provider has rotated. */
  onLost: (error: CmsOauthError) => void
}

interface Entry {
  key: string
  isRefresh: boolean
  result: Promise<unknown>
  /** Of those who wait for it. */
  asked: AbortSignal[]
}

interface ExchangesOptions {
  /** Told at each change of the accounts whose exchange is open. */
  onChange?: (owners: string[]) => void
  limitMs?: number
}

/** All of one renewer. */
export class Exchanges {
  readonly #options: ExchangesOptions
  readonly #open = new Map<string, Set<Entry>>()
  /** The newest exchange, by its number, whose grant became the account's. */
  readonly #newest = new Map<string, number>()
  #count = 0

  constructor(options: ExchangesOptions = {}) {
    this.#options = options
  }

  /** The result of the exchange. @throws what it throws, or a refresh before it; the reason of `asked` */
  async run<T>(request: ExchangeRequest<T>): Promise<T> {
    const { owner, key, asked, patienceMs } = request
    for (;;) {
      const entries = [...(this.#open.get(owner) ?? [])]
      const same = entries.find((entry) => entry.key === key)
      if (same !== undefined) return this.#join<T>(same, asked)
      const [other] = entries
      if (other === undefined) break
      if (!(await endsWithin(other.result, asked, patienceMs))) break
      if (patienceMs === undefined && other.isRefresh) await throwIfLost(other.result)
    }
    if (asked.aborted) throw asked.reason
    return this.#join<T>(this.#begin(request), asked)
  }

  /** Resolves when none of the account is open, or `limitMs` of running time are over. */
  async waitFor(owner: string, asked: AbortSignal, limitMs: number): Promise<void> {
    for (const { result } of this.#open.get(owner) ?? []) await endsWithin(result, asked, limitMs)
  }

  /** What is under way for the account is not sealed any more. */
  supersede(owner: string): void {
    this.#newest.set(owner, ++this.#count)
  }

  /** Resolves when none is open. */
  async close(): Promise<void> {
    while (this.#open.size > 0) {
      const results = [...this.#open.values()].flatMap((entries) => [...entries])
      await Promise.allSettled(results.map(({ result }) => result))
    }
  }

  #join<T>(entry: Entry, asked: AbortSignal): Promise<T> {
    entry.asked.push(asked)
    return untilAborted(entry.result as Promise<T>, asked)
  }

  #begin<T>(request: ExchangeRequest<T>): Entry {
    const { owner, key, asked, patienceMs, run, onLeave, onLate, onLost } = request
    const limits = new ExchangeLimits(owner, asked, this.#options.limitMs)
    const number = ++this.#count
    const isRefresh = patienceMs === undefined
    const entry: Entry = { key, isRefresh, asked: [], result: Promise.resolve() }
    const isUnheard = () => entry.asked.every(({ aborted }) => aborted)
    const running = run({
      signal: limits.signal,
      maySend: () => {
        const mayLeave = limits.maySend()
        if (mayLeave) onLeave?.()
        return mayLeave
      },
      isCurrent: () => (this.#newest.get(owner) ?? 0) < number,
      supersede: () => this.#newest.set(owner, number),
    })
    const result = Promise.race([running, limits.forgotten]).finally(() => {
      limits.end()
      this.#remove(owner, entry)
    })
    result.then(
      (value) => {
        if (isUnheard()) onLate(value)
      },
      (error: unknown) => {
        if (isUnheard() && hasUnknownFate(error)) onLost(error)
      },
    )
    entry.result = result
    this.#add(owner, entry)
    return entry
  }

  #add(owner: string, entry: Entry): void {
    this.#open.set(owner, (this.#open.get(owner) ?? new Set()).add(entry))
    this.#options.onChange?.([...this.#open.keys()])
  }

  #remove(owner: string, entry: Entry): void {
    const entries = this.#open.get(owner)
    entries?.delete(entry)
    if (entries?.size === 0) this.#open.delete(owner)
    this.#options.onChange?.([...this.#open.keys()])
  }
}

/** @throws the error of an exchange that has ended so that nobody knows whether it rotated */
async function throwIfLost(ended: Promise<unknown>): Promise<void> {
  await ended.catch((error: unknown) => {
    if (hasUnknownFate(error)) throw error
  })
}

const runOut = new Error('patience has run out')

/** True when it has ended, however; false where `patienceMs` ran out. @throws the reason of `asked` */
async function endsWithin(
  result: Promise<unknown>,
  asked: AbortSignal,
  patienceMs: number | undefined,
): Promise<boolean> {
  const ended = result.then(
    () => true,
    () => true,
  )
  if (patienceMs === undefined) return untilAborted(ended, asked)
  const impatient = new AbortController()
  const stop = afterRunning(patienceMs, () => impatient.abort(runOut))
  const isOver = untilAborted(untilAborted(ended, impatient.signal), asked).finally(stop)
  return isOver.catch((error: unknown) => {
    if (error === runOut) return false
    throw error
  })
}
