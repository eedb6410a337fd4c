/** examples/monitoring: rules.yml and dashboard.json, as promtool of Debian's prometheus sees them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { metricTable } from '../../src/daemon/metrics/metric-table.ts'
import { promtool } from '../support/promtool.ts'
import { root } from './documents.ts'

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[]
  templating: { list: { query: string | { query: string } }[] }
}

const examples = join(root, 'examples/monitoring')
const rules = join(examples, 'rules.yml')
const dashboard = JSON.parse(readFileSync(join(examples, 'dashboard.json'), 'utf8')) as Dashboard
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const variables = dashboard.templating.list.map(({ query }) =>
  typeof query === 'string' ? query : query.query,
)
const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-monitoring-'))
after(() => rmSync(directory, { recursive: true }))

function run(...words: string[]): void {
  const { status, stdout, stderr } = spawnSync(promtool, words, { encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
}

/** The metrics of ours that a text names, with the labels that it asks for. */
function metricsIn(text: string): string[] {
  return [...new Set(text.match(/cms_oauth_\w+/g))]
}

test('the rules are good, and each fires when it should and not before', () => {
  run('check', 'rules', rules)
  for (const file of [rules, join(root, 'test/documents/monitoring-rules.yml')]) {
    copyFileSync(file, join(directory, file.slice(file.lastIndexOf('/') + 1)))
  }
  run('test', 'rules', join(directory, 'monitoring-rules.yml'))
})

test('every alert of the rules is tested, as firing and as not', () => {
  const tests = readFileSync(join(root, 'test/documents/monitoring-rules.yml'), 'utf8')
  const alerts = Array.from(readFileSync(rules, 'utf8').matchAll(/- alert: (\w+)/g), ([, a]) => a)
  assert.ok(alerts.length > 0)
  for (const alert of alerts) {
    assert.match(tests, new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n +- `), alert)
    assert.match(tests, new RegExp(`alertname: ${alert}, exp_alerts: \\[\\] `), alert)
  }
})

test('the queries of the dashboard are good', () => {
  const expressions = queries.map((query) =>
    query.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
  )
  const records = expressions.map((expr, n) => `- {record: q${n}, expr: ${JSON.stringify(expr)}}`)
  const file = join(directory, 'dashboard.yml')
  writeFileSync(file, `groups:\n- name: dashboard\n  rules:\n  ${records.join('\n  ')}\n`)
  run('check', 'rules', file)
})

test('rules and dashboard name only metrics that there are, and the dashboard shows all', () => {
  const known = Object.keys(metricTable)
  for (const name of metricsIn(readFileSync(rules, 'utf8'))) assert.ok(known.includes(name), name)
  assert.deepEqual(metricsIn([...queries, ...variables].join('\n')).toSorted(), known.toSorted())
})

test('the labels that they ask for are those of a metric', () => {
  const labels: string[] = Object.values(metricTable).flatMap((metric) => [...metric.labels])
  // Of Prometheus, and of node_textfile_mtime_seconds.
  labels.push('instance', 'file')
  const text = [readFileSync(rules, 'utf8'), ...queries].join('\n')
  const asked = [
    ...Array.from(text.matchAll(/([a-z_]+)(?:=~?|!=)"/g), ([, label = '']) => label),
    ...Array.from(text.matchAll(/\b(?:by|ignoring) \(?([a-z_, ]+)\)/g), ([, l = '']) =>
      l.split(', '),
    ).flat(),
    ...Array.from(text.matchAll(/\$labels\.([a-z_]+)/g), ([, label = '']) => label),
  ]
  for (const label of asked) assert.ok(labels.includes(label), label)
})
