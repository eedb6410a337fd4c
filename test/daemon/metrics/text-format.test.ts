import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Metric, metricTable } from '../../../src/daemon/metrics/metric-table.ts'
import {
  endOf,
  formatFor,
  headOf,
  sampleLine,
  type TextFormat,
} from '../../../src/daemon/metrics/text-format.ts'

for (const [what, label, written] of [
  ['a backslash', 'a\\b', 'a\\\\b'],
  ['a quote', 'a"b', 'a\\"b'],
  ['a line feed', 'a\nb', 'a\\nb'],
  ['all of them, in their order', '\\n"\n', '\\\\n\\"\\n'],
  ['UTF-8', 'jürgen@例え.jp', 'jürgen@例え.jp'],
  ['what looks like the end of the labels', '"} 1', '\\"} 1'],
  ['nothing', '', ''],
] as const) {
  test(`${what} in the value of a label is on one line, and is read as it was`, () => {
    assert.equal(sampleLine('m', { l: label }, 1), `m{l="${written}"} 1\n`)
  })
}

for (const [value, written] of [
  [0, '0'],
  [-0, '0'],
  [1.5, '1.5'],
  [1_795_000_000.123, '1795000000.123'],
  [2 ** 53, '9007199254740992'],
  [1e21, '1e+21'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
] as const) {
  test(`${String(value)} is written as ${written}`, () => {
    assert.equal(sampleLine('m', {}, value), `m ${written}\n`)
  })
}

test('labels keep their order, and a sample without any has no braces', () => {
  assert.equal(sampleLine('m', { b: '1', a: '2' }, 3), 'm{b="1",a="2"} 3\n')
  assert.equal(sampleLine('m', {}, 3), 'm 3\n')
})

function head(name: string, type: Metric['type'], format: TextFormat): string {
  return headOf(name, { type, help: 'Why.', labels: [] }, format)
}

test('OpenMetrics calls a family without the ending of its samples, and names its unit', () => {
  assert.equal(head('a_total', 'counter', 'openmetrics'), '# TYPE a counter\n# HELP a Why.\n')
  assert.equal(head('a_info', 'info', 'openmetrics'), '# TYPE a info\n# HELP a Why.\n')
  assert.equal(
    head('a_seconds', 'gauge', 'openmetrics'),
    '# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds Why.\n',
  )
  assert.equal(endOf.openmetrics, '# EOF\n')
})

test('the older format calls a family as its samples, and knows neither info nor an end', () => {
  assert.equal(head('a_total', 'counter', 'text'), '# HELP a_total Why.\n# TYPE a_total counter\n')
  assert.equal(head('a_info', 'info', 'text'), '# HELP a_info Why.\n# TYPE a_info gauge\n')
  assert.equal(endOf.text, '')
})

for (const [accept, format] of [
  [undefined, 'openmetrics'],
  ['*/*', 'openmetrics'],
  ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
  ['text/plain', 'text'],
  ['text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'text'],
  // What Prometheus 2.42 sends.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
] as const) {
  test(`who accepts ${accept ?? 'what there is'} gets ${format}`, () => {
    assert.equal(formatFor(accept), format)
  })
}

test('every metric has a name that is allowed, and a sentence that needs no escaping', () => {
  for (const [name, { type, help, labels }] of Object.entries(metricTable)) {
    assert.match(name, /^cms_oauth_[a-z_]+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.equal(name.endsWith('_info'), type === 'info', name)
    assert.match(help, /^[A-Z][^\\"\n]*\.$/)
    for (const label of labels) assert.match(label, /^[a-z]+$/)
  }
})
