/**
 * Two forms of the same lines: OpenMetrics 1.0, and the older text format 0.0.4 of Prometheus, which is
 * all that node_exporter reads from files. They differ in what stands before the samples: OpenMetrics
 * calls a family without the ending of its samples, and ends with a line that says so.
 */
import type { Metric } from './metric-table.ts'

/** `text` is 0.0.4. */
export type TextFormat = 'openmetrics' | 'text'
export type Labels = Readonly<Record<string, string>>

/** What an HTTP answer says of its body. */
export const contentTypes: Record<TextFormat, string> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
}

/** By the Accept header of a request: the older one for who names that and not OpenMetrics. */
export function formatFor(accept = ''): TextFormat {
  return accept.includes('text/plain') && !accept.includes('application/openmetrics-text')
    ? 'text'
    : 'openmetrics'
}

/** The lines before the samples of a metric. */
export function headOf(name: string, { type, help }: Metric, format: TextFormat): string {
  if (format === 'text') {
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type === 'info' ? 'gauge' : type}\n`
  }
  const family = name.replace(/_(total|info)$/, '')
  const unit = family.endsWith('_seconds') ? `# UNIT ${family} seconds\n` : ''
  return `# TYPE ${family} ${type}\n${unit}# HELP ${family} ${help}\n`
}

/** The line of one sample. */
export function sampleLine(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}\n`
}

/** The last line. */
export const endOf: Record<TextFormat, string> = { openmetrics: '# EOF\n', text: '' }

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}
