/** [metrics]: what is taken, and how the rest is refused. */
import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { test } from 'node:test'
import { account, assertRefused, loadText } from './load-text.ts'

const metrics = (keys: string) => `${account}[metrics]\n${keys}`

test('without the section there is no file, and accounts are called by ids', () => {
  assert.deepEqual(loadText(account).metrics, { labels: 'id' })
  assert.deepEqual(loadText(metrics('')).metrics, { labels: 'id' })
})

test('a file and addresses are taken', () => {
  assert.deepEqual(loadText(metrics('textfile = "~/x.prom"\nlabels = "address"\n')).metrics, {
    labels: 'address',
    textfile: `${homedir()}/x.prom`,
  })
})

test('a file that node_exporter would not read is refused, and so are other labels', () => {
  assertRefused(metrics('textfile = "/x.txt"\n'), '6: key "textfile"', 'not a .prom file')
  assertRefused(metrics('labels = "name"\n'), '6: key "labels"', 'labels of another kind')
})
