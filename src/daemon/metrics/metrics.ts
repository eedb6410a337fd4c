import type { MetricsConfiguration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import { exposition } from './exposition.ts'
import { MetricsFile } from './metrics-file.ts'
import type { MetricSources } from './samples.ts'
import type { TextFormat } from './text-format.ts'

interface MetricsOptions extends MetricSources {
  broker: MetricSources['broker'] & { subscribe(listener: () => void): unknown }
  log: MetricSources['log'] & Log
}

/** The figures of a daemon, for whoever asks, and in the file of the configuration in force. */
export class Metrics {
  readonly #sources: MetricSources
  readonly #file: MetricsFile

  constructor(options: MetricsOptions) {
    this.#sources = options
    this.#file = new MetricsFile({ pieces: () => this.pieces('text'), log: options.log })
    options.broker.subscribe(() => this.#file.noteChange())
  }

  /** Their text, as `exposition` makes it. */
  pieces(format: TextFormat): Iterable<string> {
    return exposition(this.#sources, format)
  }

  /** Takes up what a configuration says of the file. */
  follow(configuration: MetricsConfiguration): void {
    this.#file.follow(configuration)
  }

  /** Writes the file no more. */
  stop(): void {
    this.#file.stop()
  }
}
