import type { LogFields } from '../../logging/log.ts'
import type { BridgeTrouble } from '../../messages/bridge-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { trialName } from './bridge-passwords.ts'

interface Kept extends Omit<BridgeTrouble, 'last_at'> {
  event: string
  /** Epoch ms. */
  lastAt: number
}

const hourMs = 60 * 60_000
/** Strangers can cause as many as they like. */
const mostKept = 50
const troubleEvents = new Set([
  'bridge.refused',
  'bridge.stray',
  'bridge.peers_unknown',
  'bridge.certificate_unusable',
])
/** Said once by a process of the bridge, for as long as it runs. */
const lasting = 'bridge.peers_unknown'

/** What went wrong at the bridges in the last hour, each kind once: for whom the log is too long. */
export class BridgeTroubles {
  readonly #now: () => number
  /** The latest last. */
  readonly #kept = new Map<string, Kept>()

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** A line of the bridge's log. A login ends what was wrong with its account, and with where it comes from. */
  note(event: string, fields: LogFields): void {
    if (event === 'bridge.login') return this.#endOf(fields)
    if (!troubleEvents.has(event)) return
    const { protocol = '', user = null, message, reason = '', hint = '' } = fields
    const trouble = { event, protocol, user, who: whoIs(fields), message: message ?? reason, hint }
    const key = JSON.stringify(trouble)
    const count = (this.#kept.get(key)?.count ?? 0) + 1
    this.#kept.delete(key)
    this.#kept.set(key, { ...trouble, count, lastAt: this.#now() })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** A new configuration may have ended them. */
  forget(): void {
    for (const [key, { event }] of this.#kept) if (event !== lasting) this.#kept.delete(key)
  }

  /** The latest first. */
  recent(): BridgeTrouble[] {
    const earliest = this.#now() - hourMs
    return [...this.#kept.values()]
      .filter(({ event, lastAt }) => event === lasting || lastAt >= earliest)
      .toReversed()
      .map((kept) => {
        const { event: _, lastAt, ...trouble } = kept
        return { ...trouble, last_at: isoTime(lastAt) }
      })
  }

  #endOf(fields: LogFields): void {
    const { protocol, user, caller } = fields
    // Whoever was not let in is now: by its own login, not by a trial of doctor.
    const origin = caller === trialName ? undefined : originOf(fields)
    for (const [key, kept] of this.#kept) {
      const isTheirs = kept.user === user || (kept.user === null && kept.who === origin)
      if (isTheirs && kept.protocol === protocol) this.#kept.delete(key)
    }
  }
}

function whoIs(fields: LogFields): string {
  const { caller } = fields
  const isNamed = caller !== undefined && caller !== 'peer' && caller !== 'network'
  return isNamed ? `"${caller}"` : originOf(fields)
}

function originOf({ address, uid }: LogFields): string {
  return uid === undefined ? (address ?? '') : `uid ${uid}`
}
