import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What a run of requests was like, from the clients' side. */
export interface Load {
  seconds: number
  /** The generator's own. */
  cpuMs: number
  shortestBytes: number
  p50Us: number
  p99Us: number
}

/** The load generator, compiled: Node would be the bottleneck of what it measures. */
export class LoadGenerator {
  readonly #program: string

  /** @throws where there is no C compiler */
  constructor(directory: string) {
    this.#program = join(directory, 'load')
    execFileSync('cc', ['-O2', '-o', this.#program, join(import.meta.dirname, 'load.c')])
  }

  /** Asks the socket, by so many clients at a time. @throws where an answer is short or missing */
  async run(path: string, clients: number, requests: number, question: string): Promise<Load> {
    const words = [path, String(clients), String(requests), question]
    const { stdout } = await promisify(execFile)(this.#program, words)
    const load = JSON.parse(stdout) as Load
    if (load.shortestBytes < 1_000) throw new Error(`an answer of ${load.shortestBytes} bytes`)
    return load
  }
}
