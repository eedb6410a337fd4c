import { addressHashIn } from '../fleet/fleet-keys.ts'
import { parseTokenRecord } from '../fleet/fleet-records.ts'
import { openToken, type SharedToken } from '../fleet/token-record.ts'
import type { KeyValue } from '../etcd/key-value.ts'
import type { FromFollower } from '../messages/follower-messages.ts'
import { addressHashOf } from '../sealing/address-hash.ts'
import type { MasterKey } from '../sealing/master-key.ts'

interface TokenRecordsOptions {
  /** Whose records are opened: others are nobody's here. */
  users: readonly string[]
  send: (message: FromFollower) => void
  now: () => number
  /** This host's clock minus the engine's, by which the records are dated. */
  clockAheadMs: () => number
}

/** The records of tokens as this host understands them, told one by one. */
export class TokenRecords {
  readonly #options: TokenRecordsOptions
  /** By the hash of the address, which keys have. */
  readonly #users: ReadonlyMap<string, string>
  readonly #unlisted = new Set<string>()
  /** What was last said of a record that cannot be read. */
  readonly #defects = new Map<string, string>()
  #lagMs: number | undefined

  constructor(options: TokenRecordsOptions) {
    this.#options = options
    this.#users = new Map(options.users.map((user) => [addressHashOf(user), user]))
  }

  /** How long ago the newest token was written when it came, by the clocks of both hosts. */
  get lagMs(): number | undefined {
    return this.#lagMs
  }

  /** All that is there comes next. */
  beginList(): void {
    for (const user of this.#users.values()) this.#unlisted.add(user)
  }

  /** All has come: those of whom there was nothing. */
  endList(): string[] {
    const absent = [...this.#unlisted]
    this.#unlisted.clear()
    return absent
  }

  /** Takes a record as it is now; `isNews` where it was just written. */
  take({ key, value }: KeyValue, masterKey: MasterKey, isNews: boolean): void {
    const user = this.#users.get(addressHashIn(key))
    if (user === undefined) return
    this.#unlisted.delete(user)
    const record = parseTokenRecord(value)
    if (record === undefined) return this.#refuse(user, 'it has another form')
    const opened = openToken(user, record, masterKey)
    if ('defect' in opened) return this.#refuse(user, opened.defect)
    this.#defects.delete(user)
    if (isNews) this.#lagMs = Math.max(0, this.#options.now() - record.at)
    this.#options.send({ type: 'token', user, token: this.#dated(opened.token) })
  }

  /** A record is gone. */
  drop(key: string): void {
    const user = this.#users.get(addressHashIn(key))
    if (user === undefined) return
    this.#defects.delete(user)
    this.#options.send({ type: 'forgotten', user })
  }

  /** By the clock of this host; what another one wrote must not make a token live longer than it can. */
  #dated(token: SharedToken): SharedToken {
    const { now, clockAheadMs } = this.#options
    const latest = now() + token.lifetimeMs
    return { ...token, expiresAt: Math.min(token.expiresAt + clockAheadMs(), latest) }
  }

  #refuse(user: string, reason: string): void {
    if (this.#defects.get(user) === reason) return
    this.#defects.set(user, reason)
    this.#options.send({ type: 'unreadable', user, reason })
  }
}
