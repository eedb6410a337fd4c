import { metricTable, type MetricName } from './metric-table.ts'
import { type MetricSources, samplesOf } from './samples.ts'
import { endOf, headOf, sampleLine, type TextFormat } from './text-format.ts'

/** All lines of 10,000 accounts at once would delay the requests for tokens by a fifth of a second. */
const accountsPerPiece = 100

/**
 * The text of all metrics, in pieces: each is for one turn of the event loop, and says what holds then.
 */
export function* exposition(sources: MetricSources, format: TextFormat): Iterable<string> {
  for (const name of Object.keys(metricTable) as MetricName[]) {
    let text = headOf(name, metricTable[name], format)
    let count = 0
    for (const sample of samplesOf[name](sources)) {
      if (sample !== undefined) text += sampleLine(name, ...sample)
      else if (++count % accountsPerPiece === 0) {
        yield text
        text = ''
      }
    }
    yield text
  }
  yield endOf[format]
}
