/**
 * The exchanges with providers that are open. Whoever asked for one is answered in time; the exchange
 * itself goes on, because what it brings exists nowhere else. Of an account no refresh begins beside
 * another exchange; a person's sign-in waits for a while, and then supersedes what is under way.
 */
import { type CmsOauthError, hasUnknownFate } from '../../errors.ts'
import type { TokenExchange } from '../../https/token-exchange.ts'
import { untilAborted } from './deadline.ts'
import { endsWithin } from './ends-within.ts'
import { type Drop, ExchangeOrder } from './exchange-order.ts'
import { ExchangeLimits } from './exchange-limits.ts'

/** Who may seal what an exchange brings, and when it ends. */
export interface OpenExchange extends Pick<TokenExchange, 'signal' | 'maySend'> {
  /** Does with a refresh token that is not sealed what whoever ended the sign-in wants. */
  drop: Drop
  /** False once a sign-in that began later was sealed, or the account was signed out. */
  isCurrent: () => boolean
  /** Says that its grant is the account's from now on: what began earlier counts no more. */
  supersede: () => void
}

/** One beside which an older request may go on. */
export interface ExtensibleExchange<T> extends OpenExchange {
  /**
   * Has something go on when the exchange has its result, to the same limit: what it brings, or that
   * nobody can know what it brought, is told as what came late.
   */
  goOnBeside: (rest: Promise<T>) => void
  /** True while something goes on so of an earlier exchange of the account. */
  isOneBeside: () => boolean
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
  run: (exchange: ExtensibleExchange<T>) => Promise<T>
  /** Told when its request leaves. */
  onLeave?: () => void
  /** Takes what came after everybody who asked had been answered. */
  onLate: (result: T) => void
  /** The same for an error after which nobody knows whether the provider has rotated. */
  onLost: (error: CmsOauthError) => void
}

interface Entry {
  key: string
  number: number
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
  /** What goes on beside, by its owner. */
  readonly #beside = new Map<string, Set<Promise<unknown>>>()
  readonly #order = new ExchangeOrder()

  constructor(options: ExchangesOptions = {}) {
    this.#options = options
  }

  /** The result of the exchange. @throws what it throws, or a refresh before it; the reason of `asked` */
  async run<T>(request: ExchangeRequest<T>): Promise<T> {
    const { owner, key, asked, patienceMs } = request
    for (;;) {
      const entries = this.#entriesThatCount(owner)
      const same = entries.find((entry) => entry.key === key)
      if (same !== undefined) return this.#join<T>(same, asked)
      const [other] = entries
      if (other === undefined) break
      if (!(await endsWithin(other.result, patienceMs, asked))) break
      if (patienceMs === undefined && other.isRefresh) await throwIfLost(other.result)
    }
    // A refresh presents another refresh token; an import may present the same.
    for (const rest of patienceMs === undefined ? [] : this.#restsOf(owner)) {
      await endsWithin(rest, patienceMs, asked)
    }
    if (asked.aborted) throw asked.reason
    return this.#join<T>(this.#begin(request), asked)
  }

  /** Resolves when none of the account is open, or `limitMs` of running time are over. */
  async waitFor(owner: string, asked: AbortSignal, limitMs: number): Promise<void> {
    const results = Array.from(this.#open.get(owner) ?? [], ({ result }) => result)
    await endsWithin(Promise.allSettled([...results, ...this.#restsOf(owner)]), limitMs, asked)
  }

  /** What is under way for the account is not sealed any more; `drop` gets the refresh tokens that come. */
  supersede(owner: string, drop?: Drop): void {
    this.#order.supersede(owner, drop)
  }

  /** Resolves when none is open. */
  async close(): Promise<void> {
    while (this.#owners.length > 0) {
      const results = [...this.#open.values()].flatMap((entries) => [...entries])
      const rests = [...this.#beside.values()].flatMap((some) => [...some])
      await Promise.allSettled([...results.map(({ result }) => result), ...rests])
    }
  }

  /** Not those that a sign-in or a logout has superseded: they present what is another's matter. */
  #entriesThatCount(owner: string): Entry[] {
    const entries = [...(this.#open.get(owner) ?? [])]
    return entries.filter(({ number }) => !this.#order.isSuperseded(owner, number))
  }

  #join<T>(entry: Entry, asked: AbortSignal): Promise<T> {
    entry.asked.push(asked)
    return untilAborted(entry.result as Promise<T>, asked)
  }

  #begin<T>(request: ExchangeRequest<T>): Entry {
    const { owner, key, asked, patienceMs, run, onLate, onLost } = request
    const limits = new ExchangeLimits(owner, asked, this.#options.limitMs)
    const number = this.#order.next()
    const entry: Entry = {
      key,
      number,
      isRefresh: patienceMs === undefined,
      asked: [],
      result: Promise.resolve(),
    }
    const rests: Promise<unknown>[] = []
    const goOnBeside = (rest: Promise<T>) => {
      const ended = Promise.race([rest, limits.forgotten])
      tellLate(ended, request, () => true)
      rests.push(ended)
      this.#addBeside(owner, ended)
    }
    const running = run(this.#openExchange(request, number, limits, goOnBeside))
    const result = Promise.race([running, limits.forgotten]).finally(() => {
      this.#remove(owner, entry)
      void Promise.allSettled(rests).then(() => limits.end())
    })
    tellLate(result, { onLate, onLost }, () => entry.asked.every(({ aborted }) => aborted))
    entry.result = result
    this.#add(owner, entry)
    return entry
  }

  #openExchange<T>(
    { owner, onLeave }: ExchangeRequest<T>,
    number: number,
    limits: ExchangeLimits,
    goOnBeside: (rest: Promise<T>) => void,
  ): ExtensibleExchange<T> {
    return {
      signal: limits.signal,
      maySend: () => {
        const mayLeave = limits.maySend()
        if (mayLeave) onLeave?.()
        return mayLeave
      },
      isCurrent: () => this.#order.isCurrent(owner, number),
      drop: (refreshToken) => this.#order.drop(owner, number, refreshToken),
      supersede: () => this.#order.adopt(owner, number),
      goOnBeside,
      isOneBeside: () => this.#restsOf(owner).length > 0,
    }
  }

  get #owners(): string[] {
    return [...new Set([...this.#open.keys(), ...this.#beside.keys()])]
  }

  #restsOf(owner: string): Promise<unknown>[] {
    return [...(this.#beside.get(owner) ?? [])]
  }

  #addBeside(owner: string, rest: Promise<unknown>): void {
    const rests = this.#beside.get(owner) ?? new Set()
    this.#beside.set(owner, rests.add(rest))
    const remove = () => {
      rests.delete(rest)
      if (rests.size === 0) this.#beside.delete(owner)
      this.#options.onChange?.(this.#owners)
    }
    rest.then(remove, remove)
  }

  #add(owner: string, entry: Entry): void {
    this.#open.set(owner, (this.#open.get(owner) ?? new Set()).add(entry))
    this.#options.onChange?.(this.#owners)
  }

  #remove(owner: string, entry: Entry): void {
    const entries = this.#open.get(owner)
    entries?.delete(entry)
    if (entries?.size === 0) this.#open.delete(owner)
    this.#options.onChange?.(this.#owners)
  }
}

/** @throws the error of an exchange that has ended so that nobody knows whether it rotated */
async function throwIfLost(ended: Promise<unknown>): Promise<void> {
  await ended.catch((error: unknown) => {
    if (hasUnknownFate(error)) throw error
  })
}

/** Hands on what came, or that nobody knows what came, where nobody hears of it any more. */
function tellLate<T>(
  result: Promise<T>,
  { onLate, onLost }: Pick<ExchangeRequest<T>, 'onLate' | 'onLost'>,
  isUnheard: () => boolean,
): void {
  result.then(
    (value) => {
      if (isUnheard()) onLate(value)
    },
    (error: unknown) => {
      if (isUnheard() && hasUnknownFate(error)) onLost(error)
    },
  )
}
