/** Mail in the spool of an [[outbox]] that is not configured any more. */
import { mkdirSync, writeFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { strandedFindings } from '../../../src/configuration-file/inspection/stranded.ts'
import { outboxConfiguration } from '../../outbox/outbox-world.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'
import { testConfiguration } from '../../support/configurations.ts'
import { assertFinding } from '../../support/golden.ts'

test('what waits for an outbox that is gone is found, also where none is left', (t) => {
  const stateDirectory = temporaryDirectory(t)
  const { store } = testConfiguration()
  const find = (...names: string[]) =>
    strandedFindings({
      outboxes: names.map((name) => outboxConfiguration(stateDirectory, { name })),
      store: { ...store, stateDirectory },
    })
  assert.deepEqual(find(), [])
  for (const name of ['one', 'two', 'empty']) {
    mkdirSync(join(stateDirectory, 'outbox', name, 'new'), { recursive: true })
  }
  writeFileSync(join(stateDirectory, 'outbox', 'note'), 'not a spool')
  assert.deepEqual(find(), [])
  for (const name of ['a', 'b'])
    writeFileSync(join(stateDirectory, 'outbox', 'one', 'new', name), '')
  writeFileSync(join(stateDirectory, 'outbox', 'two', 'new', 'c'), '')
  assert.deepEqual(find('one', 'two'), [])
  const [one, two, ...others] = find()
  assert.deepEqual(others, [])
  const path = join(stateDirectory, 'outbox', 'one')
  assertFinding(one, 'warning', 'mail of an outbox that is gone', { path, count: 2, name: '"one"' })
  assert.ok(two?.text.includes('"two"'))
  assert.deepEqual(find('one'), [two])
})
