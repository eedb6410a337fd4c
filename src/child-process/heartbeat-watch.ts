import { isStopped } from '../kernel/stopped-process.ts'

interface HeartbeatOptions {
  /** Undefined where there is no process. */
  pid: number | undefined
  limitMs: number
  /** Called at each tick in which nothing was heard, and once more, with true, at the limit. */
  onSilence: (isStuck: boolean) => void
}

const ticksInLimit = 6
/** A heartbeat comes at every tick: a process that has missed so many is not expected to answer at once. */
const silentFrom = 3

/**
 * Watches over the heartbeat of a process. Time is counted in ticks of this process: after a pause of
 * the machine Node runs timers before it reads what has come meanwhile, and a pause is one tick. What
 * the kernel does not let run is not counted either.
 */
export class HeartbeatWatch {
  readonly #options: HeartbeatOptions
  readonly #timer: NodeJS.Timeout
  #missed = 0
  #isStopped = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), options.limitMs / ticksInLimit)
    this.#timer.unref()
  }

  /** True while the process cannot be expected to answer. */
  get isSilent(): boolean {
    return this.#isStopped || this.#missed >= silentFrom
  }

  /** The process has said something. */
  heard(): void {
    this.#missed = 0
    this.#isStopped = false
  }

  /** Watches no more. */
  close(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const { pid, onSilence } = this.#options
    this.#isStopped = pid !== undefined && isStopped(pid)
    this.#missed = this.#isStopped ? 0 : this.#missed + 1
    // The first tick may have begun just before the process fell silent.
    const isStuck = this.#missed === ticksInLimit + 1
    if (this.#isStopped || this.#missed > 1) onSilence(isStuck)
  }
}
